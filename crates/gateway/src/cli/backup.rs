//! `dgspay backup`: a copy that can be started from.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::Context;

pub fn run(data: &Path, to: &Path) -> anyhow::Result<()> {
    // Only for us to read: the master key opens every secret in the copy.
    DirBuilder::new()
        .mode(0o700)
        .create(to)
        .with_context(|| format!("cannot make the folder {}", to.display()))?;
    store::back_up(data, &to.join("dgspay.db"))?;
    std::fs::copy(data.join("master.key"), to.join("master.key"))
        .context("cannot copy the master key")?;
    println!("Backed up to {}; prove it with: dgspay audit --data {}", to.display(), to.display());
    Ok(())
}
