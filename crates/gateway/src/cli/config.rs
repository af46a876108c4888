//! `dgspay config`: writes a commented file of settings, and tells what is wrong with one.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use dialects::provider::setting::KINDS;

use crate::config::serve::ServeSettings;
use crate::config::{template, variable};
use crate::secrets::make_secret_file;

/// The file of settings of `dgspay serve`.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// The file of settings
    #[arg(long, env = "DGSPAY_CONFIG", default_value = "dgspay.toml", value_name = "FILE")]
    pub config: PathBuf,
}

#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Write a new file with every setting, each explained
    Init(ConfigArgs),
    /// Tell everything that keeps `dgspay serve` from starting
    Check(ConfigArgs),
}

pub fn run(command: ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Init(ConfigArgs { config }) => init(&config),
        ConfigCommand::Check(ConfigArgs { config }) => check(&config),
    }
}

fn init(file: &Path) -> anyhow::Result<()> {
    make_secret_file(file, &template::render(KINDS))
        .with_context(|| format!("{} cannot be made", file.display()))?;
    let file = file.display();
    println!("Wrote {file}. Fill it in, then: dgspay config check --config {file}");
    Ok(())
}

fn check(file: &Path) -> anyhow::Result<()> {
    let settings = ServeSettings::read(&read_file(file)?, KINDS, &variable)
        .map_err(|faults| faults_of(file, &faults))?;
    let words: Vec<_> =
        settings.environments.iter().map(|one| one.settings.environment.word()).collect();
    println!("{}: nothing is wrong; it runs {}", file.display(), words.join(" and "));
    Ok(())
}

pub fn read_file(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// All faults of a file, a line for each.
pub fn faults_of(file: &Path, faults: &[String]) -> anyhow::Error {
    let count = faults.len();
    let things = if count == 1 { "thing is" } else { "things are" };
    anyhow::anyhow!("{}: {count} {things} wrong\n  {}", file.display(), faults.join("\n  "))
}
