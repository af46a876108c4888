//! The people of a process at hand: their database, how their passwords are hashed, what seals
//! their second factors, and the clock that their sessions go by.

use std::path::Path;
use std::sync::Arc;

use dialects::signing::SigningKey;
use domain::Timestamp;
use domain::people::{AddPerson, Answer, Command, Gate, Role, Session, TokenHash, User, UserId};
use store::StoreError;
use store::people::{People as Database, PeopleError, Person, count_people, find_person};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::portal::passwords::{HashFault, Passwords};
use crate::secrets::{self, MasterKey, SecretFault, SecretText, hash_api_key};

#[derive(Debug)]
pub struct People {
    pub database: Database,
    pub passwords: Passwords,
    clock: Arc<Clock>,
    master_key: MasterKey,
    form_key: SigningKey,
    /// Somebody who is to be there before anybody signs in.
    first: Option<First>,
    first_is_there: OnceCell<()>,
}

/// The owner of a sandbox's demo merchant.
pub struct First {
    pub email: String,
    pub password: SecretText,
    pub merchant_id: String,
}

impl std::fmt::Debug for First {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "First({})", self.email)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PeopleFault {
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error(transparent)]
    Hash(#[from] HashFault),
    #[error(transparent)]
    Secret(#[from] SecretFault),
}

impl From<StoreError> for PeopleFault {
    fn from(error: StoreError) -> PeopleFault {
        PeopleFault::People(error.into())
    }
}

impl People {
    pub fn open(
        data: &Path,
        master_key: MasterKey,
        clock: Arc<Clock>,
    ) -> Result<People, StoreError> {
        Ok(People {
            database: Database::open(data)?,
            passwords: Passwords::default(),
            clock,
            form_key: master_key.derive("portal forms"),
            master_key,
            first: None,
            first_is_there: OnceCell::new(),
        })
    }

    /// With somebody who is added, or given this password, when it is first needed: hashing takes
    /// a tenth of a second, for which no start should wait.
    pub fn with_first(self, first: Option<First>) -> People {
        People { first, ..self }
    }

    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.database.read(count_people).await? == 0)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn submit(&self, command: Command) -> Result<Answer, PeopleError> {
        self.database.submit(command, self.now()).await
    }

    /// Who signs in with an address. The hash that a password is compared with is theirs.
    pub async fn find(&self, email: String) -> Result<Option<Person>, PeopleFault> {
        self.first_is_there.get_or_try_init(|| self.prepare_first()).await?;
        Ok(self.database.read(move |reader| find_person(reader, &email)).await?)
    }

    async fn prepare_first(&self) -> Result<(), PeopleFault> {
        let Some(First { email, password, merchant_id }) = &self.first else { return Ok(()) };
        let email = email.clone();
        let found = {
            let email = email.clone();
            self.database.read(move |reader| find_person(reader, &email)).await?
        };
        let known = found.map(|person| person.user.password);
        if self.passwords.is_right(password.clone(), known.clone()).await? {
            return Ok(());
        }
        let hash = self.passwords.hash(password.clone()).await?;
        let command = match known {
            Some(_) => Command::ReplacePassword { email, password: hash },
            None => Command::AddPerson(Box::new(AddPerson {
                email,
                password: hash,
                merchant_id: merchant_id.clone(),
                role: Role::Owner,
                address: String::new(),
                token: None,
            })),
        };
        self.submit(command).await?;
        Ok(())
    }

    /// When a gate opens to the next attempt; `None` where it is open.
    pub async fn opens_at(&self, gate: Gate) -> Result<Option<Timestamp>, StoreError> {
        let now = self.now();
        let read = move |reader: &store::Reader| {
            let throttle = store::people::find_throttle(reader, &gate)?;
            Ok((!gate.is_open(throttle, now)).then(|| gate.opens_at(throttle)))
        };
        self.database.read(read).await
    }

    /// What a form of a session carries: only who holds the session knows it.
    pub fn form_token(&self, session: &Session) -> String {
        hex::encode(self.form_key.sign(&[&session.token.0]))
    }

    pub fn seal_totp(&self, user: UserId, secret: &str) -> Result<Vec<u8>, SecretFault> {
        self.master_key.seal_at(&totp_place(user), secret)
    }

    pub fn open_totp(&self, user: &User) -> Result<SecretText, SecretFault> {
        self.master_key.open_at(&totp_place(user.id), &user.totp.sealed)
    }
}

fn totp_place(user: UserId) -> String {
    format!("second factor of {}", user.0)
}

/// A token of 256 random bits, and the hash by which it is found.
pub fn fresh_token() -> Result<(SecretText, TokenHash), SecretFault> {
    let token = Zeroizing::new(hex::encode(secrets::random_bytes::<32>()?));
    let hash = hash_token(&token);
    Ok((token, hash))
}

pub fn hash_token(token: &str) -> TokenHash {
    TokenHash(hash_api_key(token).0)
}
