//! The stores in a data folder: one of a sandbox, or one for each environment of `dgspay serve`.

use std::path::{Path, PathBuf};

use domain::Environment;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFolder {
    /// `None` for that of a sandbox, which lies in the data folder itself.
    pub environment: Option<Environment>,
    pub folder: PathBuf,
}

/// Those that are there. Where there is none, the folder itself, so that what reads it says so.
pub fn stores_of(data: &Path) -> Vec<StoreFolder> {
    let of = |environment: Environment| StoreFolder {
        environment: Some(environment),
        folder: data.join(environment.word()),
    };
    let own = StoreFolder { environment: None, folder: data.to_owned() };
    let all = [own.clone(), of(Environment::Test), of(Environment::Live)];
    let found: Vec<StoreFolder> =
        all.into_iter().filter(|store| store.folder.join("dgspay.db").exists()).collect();
    if found.is_empty() { vec![own] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_has_its_own() {
        let data = tempfile::tempdir().unwrap();
        let words = || {
            let stores = stores_of(data.path());
            stores.iter().map(|store| store.environment.map(Environment::word)).collect::<Vec<_>>()
        };
        assert_eq!(words(), [None]);
        for word in ["live", "test"] {
            std::fs::create_dir(data.path().join(word)).unwrap();
            std::fs::write(data.path().join(word).join("dgspay.db"), "").unwrap();
        }
        assert_eq!(words(), [Some("test"), Some("live")]);
        std::fs::write(data.path().join("dgspay.db"), "").unwrap();
        assert_eq!(words(), [None, Some("test"), Some("live")]);
    }
}
