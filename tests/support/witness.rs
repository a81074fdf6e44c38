use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A listener at another address than Azure's. It notes whatever anybody sends to it, and answers
/// that there is nothing.
pub struct Witness {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Witness {
    /// Listens, to the end of the test program.
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let noted = heard.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                noted.lock().unwrap().push(String::new());
                stream
                    .set_read_timeout(Some(Duration::from_secs(5)))
                    .unwrap();
                let mut piece = [0; 8192];
                if let Ok(length) = stream.read(&mut piece) {
                    let said = String::from_utf8_lossy(&piece[..length]).into_owned();
                    noted.lock().unwrap().push(said);
                }
                // Whoever has asked may have gone.
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
            }
        });
        Self { address, heard }
    }

    /// Its address, `http://127.0.0.1:…`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was heard: an empty text for each connection, and what was sent over it.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}
