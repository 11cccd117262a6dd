use super::*;

#[test]
fn a_socket_is_found_in_the_kernel_s_table() {
    let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0\n   \
                 1: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 22 1 0 20 4\n   \
                 2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 33 1 0 20 4\n";
    let [client, server] = [54321, 8080].map(|port| SocketAddr::from((ADDRESS, port)));
    // Little-endian, as the machines that the tests run on are.
    assert_eq!(inode(table, client, server), Some(22));
    assert_eq!(inode(table, server, client), Some(33));
    assert_eq!(inode(table, client, client), None);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn another_process_is_turned_away() {
    use std::process::{Command, Stdio};
    use tokio::io::AsyncReadExt;

    let listener = TcpListener::bind((ADDRESS, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = tokio::spawn(own_connection(listener));
    // It says when it is connected, and waits for the end.
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{} && echo in && cat <&3", address.port());
    let mut other = Command::new("bash")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = [0; 3];
    std::io::Read::read_exact(other.stdout.as_mut().unwrap(), &mut said).unwrap();
    let mut own = TcpStream::connect(address).await.unwrap();
    let near = accepted.await.unwrap().unwrap();
    assert_eq!(near.peer_addr().unwrap(), own.local_addr().unwrap());
    assert!(other.wait().unwrap().success(), "it is turned away");
    drop(near);
    assert_eq!(own.read(&mut [0; 1]).await.unwrap(), 0);
}
