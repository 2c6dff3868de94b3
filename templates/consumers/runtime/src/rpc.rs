//! How other services are called.

use crate::settings::SettingsError;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};

/// How long it may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// After which silence a connection is tested, so that one whose other end is gone does not stay.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A channel to the service whose address, a host and a port, is the value of `variable`. It connects when it is first used, and again
/// whenever the connection was lost. Encryption between services is the mesh's.
///
/// # Errors
/// `address` fails, or gives no address.
pub fn channel(
    variable: &'static str,
    address: &mut impl FnMut(&'static str) -> Result<String, SettingsError>,
) -> Result<Channel, SettingsError> {
    let invalid = |_| SettingsError::Invalid { name: variable, problem: "is no host and port" };
    let endpoint = Endpoint::from_shared(format!("http://{}", address(variable)?)).map_err(invalid)?;
    Ok(endpoint.connect_timeout(CONNECT_TIMEOUT).http2_keep_alive_interval(KEEP_ALIVE).connect_lazy())
}
