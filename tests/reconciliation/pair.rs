//! Two servers, as that of a table's owner and that of its copy: neither can reach the other.

use crate::support::{Installation, Server, installations};
use std::ffi::OsString;

/// Settings of the owner's server, as far from the copy's as servers of one platform can be: what is compared between
/// the two must not depend on them.
const OWNER_SETTINGS: [&str; 6] = [
    "timezone=Pacific/Chatham",
    "datestyle=SQL,DMY",
    "intervalstyle=postgres_verbose",
    "extra_float_digits=0",
    "bytea_output=escape",
    "array_nulls=off",
];

/// Settings of the copy's.
const COPY_SETTINGS: [&str; 6] = [
    "timezone=America/St_Johns",
    "datestyle=German",
    "intervalstyle=sql_standard",
    "extra_float_digits=3",
    "bytea_output=hex",
    "array_nulls=on",
];

/// The servers of an owner and of its copy.
pub struct Pair {
    owner: Server,
    /// `None`: the owner's.
    copy: Option<Server>,
}

impl Pair {
    /// Both on one server.
    pub fn on_one_server(installation: &'static Installation) -> Pair {
        Pair { owner: Server::start(installation), copy: None }
    }

    /// Each on a server of its own, which share no setting that shows in the text of a value.
    pub fn on_two_servers(owner: &'static Installation, copy: &'static Installation) -> Pair {
        Pair {
            owner: Server::start_with(owner, &OWNER_SETTINGS),
            copy: Some(Server::start_with(copy, &COPY_SETTINGS)),
        }
    }

    /// Every way in which two databases can lie: on one server of each major version, on two of the same, and on two
    /// of different ones, each way round.
    ///
    /// # Panics
    /// When there are not two major versions: what holds between them would go untested.
    pub fn all() -> impl Iterator<Item = (String, Pair)> {
        let (oldest, newest) = oldest_and_newest();
        let same = [oldest, newest].map(|server| (server, server));
        let pairs = same.into_iter().chain([(oldest, newest), (newest, oldest)]).map(|(owner, copy)| {
            let name = format!("PostgreSQL {} and {}, two servers", owner.version, copy.version);
            (name, Pair::on_two_servers as fn(_, _) -> _, owner, copy)
        });
        let single = [oldest, newest].into_iter().map(|server| {
            let one: fn(_, _) -> _ = |server, _| Pair::on_one_server(server);
            (format!("PostgreSQL {}, one server", server.version), one, server, server)
        });
        single.chain(pairs).map(|(name, start, owner, copy)| (name, start(owner, copy)))
    }

    /// The owner's server.
    pub fn owner(&self) -> &Server {
        &self.owner
    }

    /// The copy's server.
    pub fn copy(&self) -> &Server {
        self.copy.as_ref().unwrap_or(&self.owner)
    }
}

/// The first and the last of the major versions that are tested.
///
/// # Panics
/// When there is only one.
pub fn oldest_and_newest() -> (&'static Installation, &'static Installation) {
    match installations() {
        [oldest, .., newest] => (oldest, newest),
        found => {
            panic!("two major versions of PostgreSQL are needed, not {found:?}: `tests/run` installs them")
        }
    }
}

/// What `PATH` has to be for scripts that call psql.
pub fn path_with_psql() -> OsString {
    let psql = installations().last().expect("there is one").psql.parent().expect("it lies in a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(psql.to_path_buf()).chain(std::env::split_paths(&path))).unwrap()
}
