use std::path::Path;

use super::*;

#[tokio::test]
async fn hosts_are_apart_a_crash_keeps_them_and_nothing_is_left() {
    let mut server = RabbitMq::start().await;
    let (one, other) = (server.virtual_host().await, server.virtual_host().await);
    assert_ne!(one.url(), other.url());
    let declare = format!(
        "{{new,_}}=rabbit_amqqueue:declare(rabbit_misc:r(<<\"{}\">>,queue,<<\"q\">>),true,false,[],none,<<\"test\">>),ok",
        one.name
    );
    assert_eq!(server.eval(&declare).await, "ok");
    assert_eq!(one.queue(&server, "q").await, Some((0, 0)));
    assert_eq!(other.queue(&server, "q").await, None);

    // What it has said of queues may be in its memory alone for a while.
    assert_eq!(server.eval("mnesia:sync_log()").await, "ok");
    server.crash().await;
    assert!(!server.guard.is_running());
    server.restart().await;
    assert_eq!(one.queue(&server, "q").await, Some((0, 0)));
    one.delete_queue(&server, "q").await;
    assert_eq!(one.queue(&server, "q").await, None);

    let folders = [&server.guard, &server.mapper].map(|guard| guard.folder().to_owned());
    let processes = [&server.guard, &server.mapper].map(|guard| guard.server().unwrap());
    let name = fs::read_to_string(format!("/proc/{}/comm", processes[0])).unwrap();
    assert_eq!(name.trim(), "beam.smp", "the shell has become the server");
    drop(server);
    for (folder, process) in folders.iter().zip(processes) {
        assert!(!folder.exists() && !Path::new(&format!("/proc/{process}")).exists());
    }
}
