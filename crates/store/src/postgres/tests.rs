use sqlx::query_scalar;
use syncapp_tests::server::postgres::Postgres;

use super::*;

/// What a session keeps to, whatever the defaults of its database and its role are.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_durable_and_bounded() {
    let database = Postgres::shared().await.database().await;
    let role = &database.writer.user;
    let defaults = format!(
        "alter role {role} set synchronous_commit = off; alter role {role} set statement_timeout = 0;
         alter role {role} set default_transaction_isolation = serializable;
         alter role {role} set default_transaction_read_only = on"
    );
    database.run(&defaults).await;
    let pool = connect(&database.writer.url()).unwrap();
    let store = PostgresStore { pool };
    let mut rows = store.begin().await.unwrap();
    for (name, expected) in [
        ("synchronous_commit", "on"),
        ("statement_timeout", "8s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("transaction_isolation", "read committed"),
        ("transaction_read_only", "off"),
    ] {
        let value = query_scalar::<_, String>("select current_setting($1)").bind(name);
        let value = value.fetch_one(&mut *rows.transaction).await.unwrap();
        assert_eq!(value, expected, "{name}");
    }
}
