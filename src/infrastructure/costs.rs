//! What servers cost: US dollars a month, to plan by.

use crate::semantic::Register;
use crate::semantic::model::Server;
use rust_decimal::Decimal;

/// US dollars a month for one instance in one zone, by class. The prices of `db.t3.small`, `db.t3.medium` and
/// `db.r5.large` are figures to plan by, above AWS's list; the other sizes of these two families follow from them as
/// AWS prices sizes: each is twice the one before, and 8, 12, 16 and 24 times `xlarge` are what their names say.
/// A class that is not here has no price until the register gives it one.
const INSTANCE_USD: &[(&str, &str)] = &[
    ("db.r5.12xlarge", "7200"),
    ("db.r5.16xlarge", "9600"),
    ("db.r5.24xlarge", "14400"),
    ("db.r5.2xlarge", "1200"),
    ("db.r5.4xlarge", "2400"),
    ("db.r5.8xlarge", "4800"),
    ("db.r5.large", "300"),
    ("db.r5.xlarge", "600"),
    ("db.t3.2xlarge", "1200"),
    ("db.t3.large", "300"),
    ("db.t3.medium", "150"),
    ("db.t3.micro", "37.50"),
    ("db.t3.small", "75"),
    ("db.t3.xlarge", "600"),
];

/// US dollars a month for one GB of gp3 storage in one zone.
const GP3_USD_PER_GB: &str = "0.23";

/// The kind of storage that servers have.
const STORAGE: &str = "gp3";

/// What an instance of a class costs a month; the register's `price` counts before the list.
fn instance(register: &Register, class: &str) -> Option<Decimal> {
    let own = register.platform.instance_prices.get(class).map(|price| price.value);
    own.or_else(|| {
        let index = INSTANCE_USD.binary_search_by_key(&class, |(name, _)| name).ok()?;
        INSTANCE_USD[index].1.parse().ok()
    })
}

/// What one GB of storage costs a month; the register's `price` counts before the list.
fn storage_per_gb(register: &Register) -> Decimal {
    let own = register.platform.storage_prices.get(STORAGE).map(|price| price.value);
    own.or_else(|| GP3_USD_PER_GB.parse().ok()).unwrap_or_default()
}

/// A standby in another zone costs as much as the server itself.
const MULTI_AZ_FACTOR: u32 = 2;

/// What a server costs a month, in US dollars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerCost {
    /// One instance in one zone.
    pub instance_usd: Decimal,
    /// The storage of one instance in one zone.
    pub storage_usd: Decimal,
    /// All of its instances with their storage: in a second zone, and its read replicas, which have one zone each.
    pub usd: Decimal,
}

/// What a server costs; `None` where its class has no price.
pub fn server_cost(register: &Register, server: &Server) -> Option<ServerCost> {
    let instance_usd = instance(register, server.class.as_str())?;
    let storage_usd = storage_per_gb(register).saturating_mul(server.storage_gb.value.into());
    let zones = if server.multi_az { MULTI_AZ_FACTOR } else { 1 };
    let instances = zones.saturating_add(server.read_replicas);
    let usd = instance_usd.saturating_add(storage_usd).saturating_mul(instances.into());
    Some(ServerCost { instance_usd, storage_usd, usd })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_price_is_a_number() {
        assert!(INSTANCE_USD.is_sorted_by(|one, next| one.0 < next.0));
        let register = Register::default();
        for (class, _) in INSTANCE_USD {
            assert!(instance(&register, class).is_some_and(|price| price > Decimal::ZERO), "{class}");
        }
        assert_eq!(storage_per_gb(&register), Decimal::new(23, 2));
        assert_eq!(instance(&register, "db.unheard.of"), None);
    }
}
