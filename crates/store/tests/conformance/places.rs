//! The stores the suite runs on.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use store::{Address, Store, StoreError};

use crate::postgres_server::PostgresServer;

/// A folder that is removed when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bollwerk-store-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a test on an empty store of each kind.
pub(crate) fn each(test: impl Fn(&Store)) {
    test(&Store::open(&Address::Memory).unwrap());
    let folder = Folder::new();
    let address = Address::Sqlite(folder.0.join("store.db"));
    test(&Store::open(&address).unwrap());
    if let Some(server) = server() {
        test(&Store::open(&Address::Postgres(server.database())).unwrap());
    }
}

/// The PostgreSQL server of all tests.
pub(crate) fn server() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Option<PostgresServer>> = OnceLock::new();
    SERVER.get_or_init(PostgresServer::start).as_ref()
}

#[test]
fn addresses_are_read() {
    assert_eq!("memory".parse(), Ok(Address::Memory));
    assert_eq!("sqlite:/var/b.db".parse(), Ok(Address::Sqlite("/var/b.db".into())));
    let url = "postgres://b@db/b";
    assert_eq!(url.parse(), Ok(Address::Postgres(url.to_owned())));
    for text in ["", "sqlite:", "mysql://a:secret@b/c", "b.db"] {
        let error = text.parse::<Address>().unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn a_file_is_opened_again_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.0.join("store.db");
    let address = Address::Sqlite(path.clone());
    let store = Store::open(&address).unwrap();
    let new = store::NewException { control: "a".to_owned(), ..Default::default() };
    store.add_exception(&new, "eva", crate::at(0)).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = Store::open(&address).err();
    assert!(matches!(second, Some(StoreError::InUse(_))), "{second:?}");
    drop(store);
    let store = Store::open(&address).unwrap();
    assert_eq!(store.exception(1).unwrap().unwrap().made, new);
}

#[test]
fn a_file_that_is_something_else_is_left_alone() {
    let folder = Folder::new();
    let path = folder.0.join("letter.txt");
    let text = "Dear reader, this is no database. ".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let error = Store::open(&Address::Sqlite(path.clone())).err().unwrap();
    assert!(matches!(error, StoreError::Foreign(_)), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let folder = Folder::new();
    let error = Store::open(&Address::Sqlite(folder.0.join("no/store.db"))).err().unwrap();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
}
