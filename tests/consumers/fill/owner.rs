//! Identity as the owner of users: its database, and a gRPC server with the service that is generated for it; and the database of user.

use crate::installations;
use crate::server::{ADMINISTRATOR, Server};
use contracts::nova::identity::v1::identity_service_server::{IdentityService, IdentityServiceServer};
use contracts::nova::identity::v1::identity_snapshot_service_server::{
    IdentitySnapshotService, IdentitySnapshotServiceServer,
};
use contracts::nova::identity::v1::{
    BatchGetUsersRequest, BatchGetUsersResponse, CheckUserExistsRequest, CheckUserExistsResponse,
    GetUserByUsernameRequest, GetUserByUsernameResponse, GetUserRequest, GetUserResponse,
    SnapshotUsersRequest, SnapshotUsersResponse, ValidateTokenRequest, ValidateTokenResponse,
};
use nova_identity_producer::snapshots::Snapshots;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

/// How long something that has to happen may take, on a machine under load.
const LIMIT: Duration = Duration::from_secs(60);
/// All answers.
const NEVER: usize = usize::MAX;

/// The owner, its database and that of the service that keeps a copy.
pub struct World {
    pub identity: PgPool,
    pub user: PgPool,
    pub owner: Owner,
    server: Server,
}

impl World {
    pub async fn start() -> World {
        let server = Server::start(installations().last().unwrap());
        let identity = database(&server, "identity").await;
        let user = database(&server, "user").await;
        let owner = Owner::start(identity.clone()).await;
        World { identity, user, owner, server }
    }

    /// The database of another service.
    pub async fn database(&self, service: &str) -> PgPool {
        database(&self.server, service).await
    }

    /// Makes so many users, `user0` first.
    pub async fn make_users(&self, count: i32) {
        let query = "INSERT INTO users (username, email) \
                     SELECT 'user' || number, 'user' || number || '@example' FROM generate_series(0, $1 - 1) AS number";
        sqlx::query(query).bind(count).execute(&self.identity).await.unwrap();
    }

    /// Runs a statement of the owner.
    pub async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.identity).await.unwrap();
    }
}

async fn database(server: &Server, service: &str) -> PgPool {
    drop(server.new_database(service).await);
    let options = PgConnectOptions::new().socket(&server.folder).username(ADMINISTRATOR).database(service);
    let pool = PgPoolOptions::new().max_connections(8).connect_lazy_with(options);
    let path = format!("{}/../../generated/sql/{service}/0001_initial.up.sql", env!("CARGO_MANIFEST_DIR"));
    let migration = format!("BEGIN; {} COMMIT;", std::fs::read_to_string(path).unwrap());
    sqlx::raw_sql(sqlx::AssertSqlSafe(migration)).execute(&pool).await.unwrap();
    pool
}

/// The gRPC server. It may be told to fail, or to keep answers back.
pub struct Owner {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    snapshots: Snapshots,
    pool: PgPool,
    is_held: watch::Sender<bool>,
    /// How many questions are answered; those behind fail.
    answers: AtomicUsize,
    asked: AtomicUsize,
    checked: AtomicUsize,
}

impl Owner {
    async fn start(pool: PgPool) -> Owner {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            snapshots: Snapshots::new(pool.clone()),
            pool,
            is_held: watch::Sender::new(false),
            answers: AtomicUsize::new(NEVER),
            asked: AtomicUsize::new(0),
            checked: AtomicUsize::new(0),
        });
        let server = tonic::transport::Server::builder()
            .add_service(IdentitySnapshotServiceServer::new(Served(Arc::clone(&state))))
            .add_service(IdentityServiceServer::new(Served(Arc::clone(&state))));
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        Owner { address, state }
    }

    pub fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect_lazy()
    }

    /// Answers are worked out, but not given.
    pub fn hold_back(&self) {
        self.state.is_held.send_replace(true);
    }

    /// What is asked after so many answers fails.
    pub fn fail_after(&self, answers: usize) {
        self.state.answers.store(answers, Ordering::SeqCst);
    }

    /// All is answered again, also what was kept back.
    pub fn let_go(&self) {
        self.state.answers.store(NEVER, Ordering::SeqCst);
        self.state.is_held.send_replace(false);
    }

    /// How many pages were asked for and read.
    pub fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// How often somebody asked whether a user exists.
    pub fn checked(&self) -> usize {
        self.state.checked.load(Ordering::SeqCst)
    }
}

struct Served(Arc<State>);

impl Served {
    /// Gives an answer, unless it is to fail; not before it may.
    async fn give<T>(&self, answer: T) -> Result<T, Status> {
        let take = |left: usize| if left == NEVER { Some(NEVER) } else { left.checked_sub(1) };
        if self.0.answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err() {
            return Err(Status::unavailable("away"));
        }
        let _ = self.0.is_held.subscribe().wait_for(|is_held| !is_held).await;
        Ok(answer)
    }
}

#[tonic::async_trait]
impl IdentitySnapshotService for Served {
    async fn snapshot_users(
        &self,
        request: Request<SnapshotUsersRequest>,
    ) -> Result<Response<SnapshotUsersResponse>, Status> {
        let page = self.0.snapshots.snapshot_users(request).await?;
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        self.give(page).await
    }
}

#[tonic::async_trait]
impl IdentityService for Served {
    async fn check_user_exists(
        &self,
        request: Request<CheckUserExistsRequest>,
    ) -> Result<Response<CheckUserExistsResponse>, Status> {
        self.0.checked.fetch_add(1, Ordering::SeqCst);
        let query = "SELECT EXISTS (SELECT FROM users WHERE id = $1::text::uuid AND deleted_at IS NULL)";
        let exists = sqlx::query_scalar(query).bind(request.into_inner().id).fetch_one(&self.0.pool).await;
        let exists = exists.map_err(|error| Status::internal(error.to_string()))?;
        self.give(Response::new(CheckUserExistsResponse { exists })).await
    }

    async fn get_user(&self, _: Request<GetUserRequest>) -> Result<Response<GetUserResponse>, Status> {
        Err(Status::unimplemented("no test asks"))
    }

    async fn get_user_by_username(
        &self,
        _: Request<GetUserByUsernameRequest>,
    ) -> Result<Response<GetUserByUsernameResponse>, Status> {
        Err(Status::unimplemented("no test asks"))
    }

    async fn batch_get_users(
        &self,
        _: Request<BatchGetUsersRequest>,
    ) -> Result<Response<BatchGetUsersResponse>, Status> {
        Err(Status::unimplemented("no test asks"))
    }

    async fn validate_token(
        &self,
        _: Request<ValidateTokenRequest>,
    ) -> Result<Response<ValidateTokenResponse>, Status> {
        Err(Status::unimplemented("no test asks"))
    }
}

/// Waits until something holds.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds().await {
        assert!(Instant::now() < deadline, "did not happen: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
