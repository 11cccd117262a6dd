//! Whole syncs through tunnels, verified end to end.

use std::fs;

use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::server::sshd::{INSIDE, Sshd};

use super::ends::{LAX, fill, mysql, postgres, servers};
use crate::contract::case::sync;
use crate::contract::connections::{certificate, wait};
use crate::contract::place::Place;

#[test]
fn both_ends_lie_behind_the_ssh_server_and_tls_names_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    certificate(folder.path(), "inside", &format!("DNS:{INSIDE}"));
    certificate(folder.path(), "address", "IP:127.0.0.1");
    let sshd = wait(Sshd::start(&[]));
    let verified = "tls: { mode: verify-full, ca_file: ca.pem }";
    for (name, fits) in [("inside", true), ("address", false)] {
        let (from, to) = wait(servers(&made(&format!("{name}.crt")), &made(&format!("{name}.key"))));
        let (database, databases) = wait(async {
            let database = from.database().await;
            fill(&database, 50_000).await;
            (database, to.databases().await)
        });
        let place = Place::new().file("ca.pem", made(&format!("{name}.crt")));
        let there = sync(
            &postgres(&database.reader, &sshd, verified),
            &mysql(&databases.writer, &sshd, verified),
            "public.events",
            "into: events",
        );
        place.put("sync.yaml", there);
        if !fits {
            // `localhost` or the SSH server's address is not the database's name.
            let ran = place.syncapp(&["run", "sync.yaml"]).exits(1);
            assert!(ran.stderr.contains("source.tls_failed"), "{}", ran.stderr);
            let check = place
                .syncapp(&["check", "sync.yaml", "--connection", "to"])
                .exits_with_failure();
            assert!(check.stderr.contains("tls_failed"), "{}", check.stderr);
            continue;
        }
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        place.syncapp(&["check", "sync.yaml"]).exits(0);
        let back = sync(
            &mysql(&databases.writer, &sshd, verified),
            &postgres(&database.writer, &sshd, verified),
            &format!("{}.events", databases.writer.database),
            "into: landing.back",
        );
        place.put("sync.yaml", back);
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let differ = "select count(*) || ' ' || (select count(*) from (select id, text from landing.back \
                      except select id, text from public.events) d) from landing.back";
        assert_eq!(wait(database.text(differ)), "50000 0");
        assert_eq!(sshd.sessions(), 0, "no session is left");
    }
}

#[test]
fn a_crowd_of_connections_is_let_in() {
    // A sixth visitor who has not signed in yet is turned away.
    let sshd = wait(Sshd::start(&["MaxStartups 5"]));
    let database = wait(async {
        let database = Postgres::shared().await.database().await;
        let many = "do $$ begin for i in 1..12 loop execute format('create table public.t%s as select %s as id', i, i); \
                    end loop; end $$; grant select on all tables in schema public to public";
        database.run(many).await;
        database
    });
    let from = postgres(&database.reader, &sshd, LAX);
    let to = postgres(&database.writer, &sshd, LAX);
    let place = Place::new().file("sync.yaml", sync(&from, &to, "public.*", "into: \"landing.{stream}\""));
    let ran = place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert!(!ran.stderr.contains("unreachable"), "{}", ran.stderr);
    let tables = "select count(*) from pg_tables where schemaname = 'landing' and tablename like 't%'";
    assert_eq!(wait(database.text(tables)), "12");
}
