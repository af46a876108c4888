//! `dgspay merchant`: opens the accounts of merchants, and lists them, through the operator's
//! listener of a running gateway.

use clap::Subcommand;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::config::ConfigArgs;
use super::operator_client::OperatorClient;

#[derive(Subcommand, Debug)]
pub enum MerchantCommand {
    /// Open a merchant's accounts and print their credentials, this once
    Add {
        #[command(flatten)]
        config: ConfigArgs,
        /// Its name, as customers see it
        #[arg(long, required_unless_present = "merchant_id")]
        name: Option<String>,
        /// A merchant who has an account in the other environment already
        #[arg(long, value_name = "ID", conflicts_with = "name")]
        merchant_id: Option<String>,
        /// Where to open an account, test or live; may be repeated. Left out: wherever it runs
        #[arg(long, value_name = "ENVIRONMENT")]
        environment: Vec<String>,
    },
    /// List all merchants with their accounts
    List {
        #[command(flatten)]
        config: ConfigArgs,
    },
}

pub fn run(command: MerchantCommand) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            MerchantCommand::Add { config, name, merchant_id, environment } => {
                let mut body = Map::new();
                if let Some(name) = name {
                    body.insert("name".to_owned(), Value::String(name));
                }
                if let Some(id) = merchant_id {
                    body.insert("merchant_id".to_owned(), Value::String(id));
                }
                if !environment.is_empty() {
                    body.insert("environments".to_owned(), json!(environment));
                }
                let body = Value::Object(body).to_string();
                add(&OperatorClient::of(&config.config)?, body).await
            }
            MerchantCommand::List { config } => list(&OperatorClient::of(&config.config)?).await,
        }
    })
}

#[derive(Deserialize)]
struct Opened {
    merchant_id: String,
    name: String,
    accounts: Vec<OpenedAccount>,
    #[serde(default)]
    not_opened: Vec<String>,
}

#[derive(Deserialize)]
struct OpenedAccount {
    environment: String,
    base_url: String,
    account_number: String,
    api_key: String,
    encryption_key: String,
    webhook_secret: String,
}

/// Tools read these lines: a label, two or more spaces, a value.
async fn add(operator: &OperatorClient, body: String) -> anyhow::Result<()> {
    let answer = operator.call(Method::POST, "/operator/merchants", body).await?;
    let opened: Opened = serde_json::from_slice(&answer)?;
    println!("Merchant          {}\nMerchant id       {}", opened.name, opened.merchant_id);
    for account in &opened.accounts {
        let OpenedAccount { environment, base_url, account_number, .. } = account;
        let OpenedAccount { api_key, encryption_key, webhook_secret, .. } = account;
        println!(
            "
Environment       {environment}
API base URL      {base_url}
API key           {api_key}
Account number    {account_number}
Encryption key    {encryption_key}
Webhook secret    {webhook_secret}"
        );
    }
    println!("\nThe API keys are not kept and cannot be shown again.");
    for environment in &opened.not_opened {
        let id = &opened.merchant_id;
        eprintln!("No account was opened in {environment}; repeat it with --merchant-id {id}");
    }
    anyhow::ensure!(opened.not_opened.is_empty(), "not all accounts were opened");
    Ok(())
}

#[derive(Deserialize)]
struct Listed {
    merchants: Vec<ListedMerchant>,
}

#[derive(Deserialize)]
struct ListedMerchant {
    merchant_id: String,
    name: String,
    accounts: Vec<ListedAccount>,
}

#[derive(Deserialize)]
struct ListedAccount {
    environment: String,
    account_number: String,
    settlement: String,
}

async fn list(operator: &OperatorClient) -> anyhow::Result<()> {
    let answer = operator.call(Method::GET, "/operator/merchants", String::new()).await?;
    let listed: Listed = serde_json::from_slice(&answer)?;
    for merchant in &listed.merchants {
        println!("{}  {}", merchant.merchant_id, merchant.name);
        for account in &merchant.accounts {
            let ListedAccount { environment, account_number, settlement } = account;
            println!("  {environment}  {account_number}  {settlement}");
        }
    }
    Ok(())
}
