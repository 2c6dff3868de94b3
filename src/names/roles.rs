//! Names that are made from that of a database: its roles.

use super::shortened;

/// The roles of one database. Roles belong to the whole server, so their names begin with the database's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseRoles {
    /// Owns the database and everything in it, and migrates.
    pub owner: String,
    /// Reads and writes the rows of the service's tables.
    pub application: String,
    /// Reads them.
    pub readonly: String,
    /// Compares them with those of other services: reads the columns that this takes, and no other.
    pub reconciler: String,
}

impl DatabaseRoles {
    /// The roles of a database.
    pub fn of(database: &str) -> DatabaseRoles {
        DatabaseRoles {
            owner: shortened(database, "_owner"),
            application: shortened(database, "_app"),
            readonly: shortened(database, "_readonly"),
            reconciler: shortened(database, "_reconciler"),
        }
    }
}
