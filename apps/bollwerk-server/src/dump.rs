//! `bollwerk-server store`: what is precious of a store, written out and read back, whichever
//! database it is in.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};

use anyhow::{Context, Result};
use store::Store;

use crate::arguments::{StoreCommand, StoreDump, StoreRestore};

/// Runs the command.
pub(crate) fn run(command: &StoreCommand) -> Result<()> {
    match command {
        StoreCommand::Dump(arguments) => dump(arguments),
        StoreCommand::Restore(arguments) => restore(arguments),
    }
}

fn dump(arguments: &StoreDump) -> Result<()> {
    // A server may go on with it meanwhile.
    let store = Store::open_beside(&arguments.store).context("cannot open the store")?;
    let Some(path) = &arguments.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        store.dump(&mut out).context("cannot write the dump")?;
        return Ok(out.flush()?);
    };
    let shown = path.display();
    let file = File::create(path).with_context(|| format!("cannot write {shown}"))?;
    let mut out = BufWriter::new(file);
    store.dump(&mut out).with_context(|| format!("cannot write {shown}"))?;
    let file = out.into_inner().with_context(|| format!("cannot write {shown}"))?;
    // A backup that is only in the memory of the machine is none.
    file.sync_all().with_context(|| format!("cannot write {shown}"))?;
    anstream::eprintln!("wrote {shown}");
    Ok(())
}

fn restore(arguments: &StoreRestore) -> Result<()> {
    let shown = arguments.dump.display();
    let file = File::open(&arguments.dump).with_context(|| format!("cannot read {shown}"))?;
    let store = Store::open(&arguments.store).context("cannot open the store")?;
    store
        .restore(&mut BufReader::new(file))
        .with_context(|| format!("cannot read {shown} into the store"))?;
    anstream::eprintln!("read {shown}; findings come with the next assessment");
    Ok(())
}
