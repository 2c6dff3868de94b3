//! Pages of all rows, for those who keep copies.

use crate::world::World;
use contracts::nova::identity::v1::SnapshotUsersRequest;
use contracts::nova::identity::v1::identity_snapshot_service_server::IdentitySnapshotService;
use nova_identity_producer::snapshots::Snapshots;
use tonic::{Code, Request};

async fn page(snapshots: &Snapshots, page_size: i32, page_token: &str) -> (Vec<String>, String) {
    let request = SnapshotUsersRequest { page_size, page_token: page_token.to_owned() };
    let response = snapshots.snapshot_users(Request::new(request)).await.unwrap().into_inner();
    (response.rows.into_iter().map(|row| row.id).collect(), response.next_page_token)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_each_living_row_once() {
    World::on_each(async |world| {
        let mut ids = Vec::new();
        for number in 0..7 {
            ids.push(world.make_user(&format!("user{number}")).await);
        }
        world.execute("UPDATE users SET deleted_at = now() WHERE username = 'user3'").await;
        ids.remove(3);
        ids.sort();
        let snapshots = Snapshots::new(world.pool.clone());
        let (mut found, mut token) = page(&snapshots, 2, "").await;
        while !token.is_empty() {
            let (rows, next) = page(&snapshots, 2, &token).await;
            found.extend(rows);
            token = next;
        }
        assert_eq!(found, ids);
        let (all, token) = page(&snapshots, 0, "").await;
        assert_eq!((all, token.as_str()), (ids, ""));
        let request = SnapshotUsersRequest { page_size: 1, page_token: String::new() };
        let rows = snapshots.snapshot_users(Request::new(request)).await.unwrap().into_inner().rows;
        assert!(
            rows[0].row_version > 1 && rows[0].updated_at.is_some() && rows[0].username.starts_with("user")
        );
        for token in ["x", "[]", "[\"x\"]", "[\"a\",\"b\"]"] {
            let request = SnapshotUsersRequest { page_size: 2, page_token: token.to_owned() };
            let status = snapshots.snapshot_users(Request::new(request)).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{token}: {status}");
        }
    })
    .await;
}
