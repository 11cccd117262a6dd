//! Streams that are compressed on their way into a file and out of it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::format::Compression;

/// Level 1 loses little against the default and costs a third.
const ZSTD_LEVEL: i32 = 1;
const BUFFER: usize = 128 << 10;

/// What a compressed file says.
pub(super) fn reader(file: impl Read + Send + 'static, compression: Compression) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::None | Compression::Snappy => Box::new(file),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(
            BUFFER, file,
        ))),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(file)?),
    })
}

/// A file that counts what it takes.
pub(super) struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that is compressed as it is written.
pub(super) struct Output {
    stream: Stream,
    bytes: Arc<AtomicU64>,
}

enum Stream {
    Plain(BufWriter<Counted>),
    Gzip(flate2::write::GzEncoder<BufWriter<Counted>>),
    Zstd(zstd::stream::write::Encoder<'static, BufWriter<Counted>>),
}

impl Output {
    pub(super) fn new(file: File, compression: Compression) -> io::Result<Self> {
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            file,
            bytes: bytes.clone(),
        };
        let file = BufWriter::with_capacity(BUFFER, counted);
        let stream = match compression {
            Compression::None | Compression::Snappy => Stream::Plain(file),
            Compression::Gzip => Stream::Gzip(flate2::write::GzEncoder::new(file, flate2::Compression::fast())),
            Compression::Zstd => Stream::Zstd(zstd::stream::write::Encoder::new(file, ZSTD_LEVEL)?),
        };
        Ok(Self { stream, bytes })
    }

    /// How many bytes the file has taken so far.
    pub(super) fn written(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Writes what is left.
    pub(super) fn finish(self) -> io::Result<File> {
        let file = match self.stream {
            Stream::Plain(file) => file,
            Stream::Gzip(encoder) => encoder.finish()?,
            Stream::Zstd(encoder) => encoder.finish()?,
        };
        Ok(file.into_inner().map_err(io::IntoInnerError::into_error)?.file)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(file) => file.write(bytes),
            Stream::Gzip(encoder) => encoder.write(bytes),
            Stream::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(file) => file.flush(),
            Stream::Gzip(encoder) => encoder.flush(),
            Stream::Zstd(encoder) => encoder.flush(),
        }
    }
}
