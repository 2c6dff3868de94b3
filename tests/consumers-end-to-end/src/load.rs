//! Users who come, change and go, while everything else runs.

use crate::changes::{Change, Owners};
use crate::references::Referring;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How many tasks work at a time.
const TASKS: usize = 8;
/// How many users later a user changes again and goes.
const LATER: usize = 5;

/// What becomes of a user in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Stays,
    IsMarked,
    IsRemoved,
    /// Is removed, and inserted again with the same id.
    ComesBack,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    /// Another user, who goes later if at all.
    pub neighbour: String,
    pub fate: Fate,
    /// Was there before the first event, so that copies have the user from its owner.
    pub was_there: bool,
}

impl User {
    /// Whether the user is, or was for a time, gone.
    pub fn was_deleted(&self) -> bool {
        self.fate != Fate::Stays
    }
}

/// All users, and how far they are.
pub struct Load {
    /// For each task its users.
    users: Vec<Arc<Vec<User>>>,
    allowed: watch::Sender<usize>,
    done: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Load {
    /// So many users, of whom one in ten is already there.
    pub fn new(count: usize) -> Load {
        let users = (0..TASKS).map(|_| Arc::new(some(count / TASKS))).collect();
        Load { users, allowed: watch::Sender::new(0), done: Arc::default(), tasks: JoinSet::new() }
    }

    /// All of them.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.iter().flat_map(|users| users.iter())
    }

    /// Begins to work, on as many users as are allowed.
    pub fn start(&mut self, owners: &Owners, referring: &Referring) {
        for users in &self.users {
            let (owners, referring, users) = (owners.clone(), referring.clone(), Arc::clone(users));
            let (allowed, done) = (self.allowed.subscribe(), Arc::clone(&self.done));
            self.tasks.spawn(async move { work(&owners, &referring, &users, allowed, &done).await });
        }
    }

    /// Allows a part of the users, in percent, and waits until half of those that are new have begun.
    pub async fn go_on_to(&mut self, percent: usize) {
        let each = self.users[0].len();
        let (before, now) = (*self.allowed.borrow(), each * percent / 100);
        self.allowed.send_replace(now);
        let half = TASKS * (before + now) / 2;
        while self.done.load(Ordering::Relaxed) < half {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            self.look_at_tasks();
        }
    }

    /// Waits until all is done.
    pub async fn finish(&mut self) {
        self.go_on_to(100).await;
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }

    /// A task ends early only because it failed.
    fn look_at_tasks(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            ended.unwrap();
        }
    }
}

fn some(count: usize) -> Vec<User> {
    let ids: Vec<String> = (0..count).map(|_| Uuid::now_v7().to_string()).collect();
    let fate = |number: usize| match number % 8 {
        2 | 6 => Fate::IsMarked,
        3 => Fate::IsRemoved,
        7 => Fate::ComesBack,
        _ => Fate::Stays,
    };
    // The first one stays.
    let neighbour = |number: usize| if number + 1 < count { number + 1 } else { 0 };
    (0..count)
        .map(|number| User {
            id: ids[number].clone(),
            neighbour: ids[neighbour(number)].clone(),
            fate: fate(number),
            was_there: number % 10 == 0,
        })
        .collect()
}

async fn work(
    owners: &Owners,
    referring: &Referring,
    users: &[User],
    mut allowed: watch::Receiver<usize>,
    done: &AtomicUsize,
) {
    for (number, user) in users.iter().enumerate() {
        allowed.wait_for(|allowed| *allowed > number).await.unwrap();
        begin(owners, referring, user).await;
        done.fetch_add(1, Ordering::Relaxed);
        if let Some(earlier) = number.checked_sub(LATER) {
            end(owners, &users[earlier]).await;
        }
    }
    for user in &users[users.len().saturating_sub(LATER)..] {
        end(owners, user).await;
    }
}

async fn begin(owners: &Owners, referring: &Referring, user: &User) {
    if !user.was_there {
        owners.make(&user.id, 0, Change::Create).await;
    }
    referring.insert(&user.id, &user.neighbour).await;
    owners.make(&user.id, 1, Change::Rename).await;
    owners.make(&user.id, 2, Change::Profile).await;
}

async fn end(owners: &Owners, user: &User) {
    owners.make(&user.id, 3, Change::Rename).await;
    owners.make(&user.id, 4, Change::Lock).await;
    match user.fate {
        Fate::Stays => {}
        Fate::IsMarked => owners.make(&user.id, 5, Change::Mark).await,
        Fate::IsRemoved => owners.make(&user.id, 5, Change::Remove).await,
        Fate::ComesBack => {
            owners.make(&user.id, 5, Change::Remove).await;
            owners.make(&user.id, 6, Change::Create).await;
            owners.make(&user.id, 7, Change::Rename).await;
        }
    }
}
