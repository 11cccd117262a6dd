//! Connections between two ends: used again, like new ones, and by whoever would log in just the same alone.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use syncapp_model::{Code, Side};
use syncapp_tests::server::postgres::{Login, Postgres};

use super::ends::{query, rows, shown};
use super::faults::gone;

/// Which session it is and what state it is in. Leaves it in a state that is no new one's.
const LOOK: &str = "select pg_backend_pid() as a, current_setting('search_path') || ' ' || current_user || ' '
        || (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory') as b,
    set_config('search_path', 'nowhere', false) || set_config('role', current_user, false) as c,
    pg_advisory_lock_shared(1)::text as d";

async fn look(login: &Login) -> (String, String) {
    let rows = rows(login, &query(LOOK)).await.unwrap();
    (shown(&rows, "a", 0), shown(&rows, "b", 0))
}

#[tokio::test]
async fn a_session_is_used_again_like_a_new_one() {
    let database = Postgres::shared().await.database().await;
    let (mut seen, begun) = (HashSet::new(), Instant::now());
    let mut again = false;
    while !again {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "each time there is another session"
        );
        let (session, state) = look(&database.reader).await;
        assert_eq!(state, format!("\"$user\", public {} 0", database.reader.user));
        again = !seen.insert(session);
    }
    let took = gone(&database, &database.reader.user).await;
    assert!(
        took < Duration::from_secs(3),
        "nobody uses it, and it is there for {took:?}"
    );
}

#[tokio::test]
async fn a_session_is_for_no_other_login() {
    let database = Postgres::shared().await.database().await;
    let (reader, writer) = (&database.reader, &database.writer);
    let mistaken = Login {
        password: "not the reader's".into(),
        ..reader.clone()
    };
    for _ in 0..3 {
        look(reader).await;
        let refused = rows(&mistaken, &query(LOOK)).await.unwrap_err();
        assert_eq!(refused.code(), Code::AuthFailed(Side::Source));
        let (_, state) = look(writer).await;
        assert!(state.contains(&writer.user), "{state}");
    }
}

/// It is noticed before anybody relies on it.
#[tokio::test]
async fn a_session_that_has_ended_is_not_used() {
    let database = Postgres::shared().await.database().await;
    for _ in 0..5 {
        look(&database.reader).await;
        let user = &database.reader.user;
        database
            .run(&format!(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{user}'"
            ))
            .await;
    }
}
