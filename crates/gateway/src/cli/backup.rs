//! `dgspay backup`: a copy that can be started from.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::Context;

use super::stores::stores_of;

/// Every store of the folder, each of a moment of its own: they have nothing to do with each other.
pub fn run(data: &Path, to: &Path) -> anyhow::Result<()> {
    let stores = stores_of(data);
    make_folder(to)?;
    for store in &stores {
        let target = store.environment.map_or(to.to_owned(), |one| to.join(one.word()));
        if store.environment.is_some() {
            make_folder(&target)?;
        }
        store::back_up(&store.folder, &target.join("dgspay.db"))?;
    }
    store::people::back_up(data, &to.join("people.db"))?;
    let key = data.join("master.key");
    let is_elsewhere = !key.exists() && stores.iter().all(|store| store.environment.is_some());
    if is_elsewhere {
        println!("The master key is not in the data folder: keep a copy of it yourself");
    } else {
        std::fs::copy(key, to.join("master.key")).context("cannot copy the master key")?;
    }
    println!("Backed up to {}; prove it with: dgspay audit --data {}", to.display(), to.display());
    Ok(())
}

/// Only for us to read: the master key opens every secret in the copy.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}
