//! Health and metrics over HTTP: `/health/live`, `/health/ready`, `/metrics`.

use crate::settings::{self, SettingsError};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The port that probes and Prometheus know.
const PORT: u16 = 9090;
/// For how long the main loop may be silent before the program counts as stuck.
const SILENCE: Duration = Duration::from_secs(60);
/// The format of the answer (OpenMetrics 1.0, "Protocol Negotiation").
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Where to listen instead, an address with a port.
const ADDRESS: &str = "HTTP_ADDRESS";

/// Where to listen: what the variable `HTTP_ADDRESS` says, else the port that probes and Prometheus know, on every address of this
/// machine, also of one without IPv6. The first that can be listened on counts.
///
/// # Errors
/// The variable holds no address with a port.
pub fn addresses() -> Result<Vec<SocketAddr>, SettingsError> {
    let Some(address) = settings::optional(ADDRESS)? else {
        let any: [IpAddr; 2] = [Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into()];
        return Ok(any.map(|any| SocketAddr::from((any, PORT))).into());
    };
    let problem = "is no IP address with a port";
    let address = address.parse().map_err(|_| SettingsError::Invalid { name: ADDRESS, problem })?;
    Ok(vec![address])
}

/// Whether a program lives, and whether it is ready. Clones share what they say.
#[derive(Clone, Debug)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    last_beat_ms: AtomicU64,
    is_ready: AtomicBool,
}

impl Default for Health {
    fn default() -> Health {
        let inner =
            Inner { started: Instant::now(), last_beat_ms: AtomicU64::new(0), is_ready: AtomicBool::new(false) };
        Health(Arc::new(inner))
    }
}

impl Health {
    /// Says that the main loop runs. To be called at least every few seconds.
    pub fn beat(&self) {
        let now = u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.last_beat_ms.store(now, Ordering::Relaxed);
    }

    /// Says whether the program does its work.
    pub fn set_ready(&self, is_ready: bool) {
        self.0.is_ready.store(is_ready, Ordering::Relaxed);
    }

    /// Whether the program does its work.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready.load(Ordering::Relaxed)
    }

    /// Whether the main loop runs.
    pub fn is_live(&self) -> bool {
        let last = Duration::from_millis(self.0.last_beat_ms.load(Ordering::Relaxed));
        self.0.started.elapsed().saturating_sub(last) < SILENCE
    }
}

/// Metrics of a program. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Metrics {
    /// Adds metrics.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All of them, as Prometheus reads them.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.0.lock().unwrap_or_else(PoisonError::into_inner));
        text
    }
}

/// Answers until `stop`.
///
/// # Errors
/// No address can be listened on.
pub async fn serve(
    addresses: &[SocketAddr],
    health: Health,
    metrics: Metrics,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = TcpListener::bind(addresses).await?;
    let live = get(|State((health, _)): State<(Health, Metrics)>| async move { status(health.is_live()) });
    let ready = get(|State((health, _)): State<(Health, Metrics)>| async move { status(health.is_ready()) });
    let routes = Router::new()
        .route("/health/live", live)
        .route("/health/ready", ready)
        .route("/metrics", get(show_metrics))
        .with_state((health, metrics));
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}

fn status(is_well: bool) -> StatusCode {
    if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn show_metrics(State((_, metrics)): State<(Health, Metrics)>) -> Response {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], metrics.text()).into_response()
}
