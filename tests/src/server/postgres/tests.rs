use std::process::{Command, Stdio};
use std::{env, fs};

use super::*;

async fn sql_state(login: &Login, sql: &str) -> Option<String> {
    let client = match login.connect().await {
        Ok(client) => client,
        Err(e) => return e.code().map(|code| code.code().to_owned()),
    };
    let outcome = client.batch_execute(sql).await;
    outcome.err().and_then(|e| e.code().map(|code| code.code().to_owned()))
}

#[tokio::test]
async fn each_role_may_do_just_its_part() {
    const DENIED: Option<&str> = Some("42501");
    let database = Postgres::shared().await.database().await;
    database
        .run("create table kept (id int); insert into kept values (1)")
        .await;
    let Database {
        owner, reader, writer, ..
    } = &database;
    let cases = [
        (owner, "create table public.more (id int)", None),
        (reader, "select * from public.kept", None),
        (reader, "select * from public.more", None),
        (reader, "insert into public.kept values (2)", DENIED),
        (reader, "create table public.own (id int)", DENIED),
        (reader, "create schema own", DENIED),
        (reader, "create table landing.own (id int)", DENIED),
        (writer, "create table landing.own (id int)", None),
        (writer, "insert into own values (1)", None),
        (writer, "select * from public.kept", DENIED),
        (writer, "create table public.own (id int)", DENIED),
        (writer, "create schema another", DENIED),
        (writer, "create role another", DENIED),
    ];
    for (login, sql, state) in cases {
        assert_eq!(sql_state(login, sql).await.as_deref(), state, "{}: {sql}", login.user);
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let mut login = Postgres::shared().await.database().await.reader;
    assert_eq!(sql_state(&login, "select 1").await, None);
    login.password.push('x');
    assert_eq!(sql_state(&login, "select 1").await.as_deref(), Some("28P01"));
}

#[tokio::test]
async fn databases_are_apart_and_a_copy_holds_all() {
    let server = Postgres::shared().await;
    let first = server.database().await;
    first.run("create table t (id int); insert into t values (7)").await;
    let (second, copy) = (server.database().await, server.copy_of(&first).await);
    assert_eq!(
        sql_state(&second.owner, "select * from t").await.as_deref(),
        Some("42P01")
    );
    assert_eq!(copy.text("select id from t").await, "7");
    assert_eq!(sql_state(&copy.reader, "select * from t").await, None);
    assert_eq!(sql_state(&copy.writer, "create table landing.t (id int)").await, None);
}

#[tokio::test]
async fn a_crash_cuts_connections_and_a_restart_brings_the_data_back() {
    let mut server = Options::default().setting("work_mem", "1234kB").start().await;
    let database = server.database().await;
    database.run("create table t (id int); insert into t values (7)").await;
    let client = database.reader.client().await;
    assert_eq!(database.text("show fsync").await, "off");
    assert_eq!(database.text("show work_mem").await, "1234kB");

    server.crash();
    assert!(client.simple_query("select 1").await.is_err());
    assert!(database.reader.connect().await.is_err());

    server.restart().await;
    assert_eq!(database.text("select id from t").await, "7");
    assert!(server.log().contains("was not properly shut down"));
    server.stop();
    server.restart().await;
    assert_eq!(database.text("select id from t").await, "7");
}

#[tokio::test]
async fn a_server_takes_files_and_settings() {
    let rules = "host all owner all scram-sha-256\nhost all all all reject\n";
    let options = Options::default()
        .durable()
        .file("hba.conf", rules)
        .setting("hba_file", "{folder}/hba.conf");
    let server = options.start().await;
    let database = server.database().await;
    assert_eq!(database.text("show fsync").await, "on");
    assert_eq!(sql_state(&database.reader, "select 1").await.as_deref(), Some("28000"));
}

#[tokio::test]
async fn a_second_server_is_another_one() {
    let (first, second) = (Postgres::shared().await, Postgres::start().await);
    assert_ne!(first.port(), second.port());
    let folder = second.guard.folder().to_owned();
    assert!(folder.exists());
    drop(second);
    assert!(!folder.exists());
}

/// Runs itself as another process that starts a server and waits; that process is then killed.
#[tokio::test]
async fn nothing_is_left_when_the_test_process_is_killed() {
    const NOTE: &str = "SYNCAPP_TEST_HOLD_A_SERVER";
    const NAME: &str = "server::postgres::tests::nothing_is_left_when_the_test_process_is_killed";
    if let Some(note) = env::var_os(NOTE) {
        let server = Postgres::start().await;
        let pid = server.guard.server().unwrap();
        let part = Path::new(&note).with_extension("part");
        fs::write(&part, format!("{pid}\n{}", server.guard.folder().display())).unwrap();
        fs::rename(part, note).unwrap();
        std::future::pending::<()>().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("note");
    let mut holder = Command::new(env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env(NOTE, &note)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let text = loop {
        if let Ok(text) = fs::read_to_string(&note) {
            break text;
        }
        assert!(holder.try_wait().unwrap().is_none(), "the other process has ended");
        assert!(begun.elapsed() < PATIENCE, "the other process starts no server");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let (pid, data) = text.split_once('\n').unwrap();
    assert!(Path::new(&format!("/proc/{pid}")).exists() && Path::new(data).exists());

    holder.kill().unwrap();
    holder.wait().unwrap();
    while Path::new(&format!("/proc/{pid}")).exists() || Path::new(data).exists() {
        assert!(
            begun.elapsed() < PATIENCE,
            "the server or its folder {data} is still there"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
