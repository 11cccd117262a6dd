use async_trait::async_trait;
use syncapp_model::Result;

use super::MemoryStore;
use crate::{LogLine, Logged, MAX_LOG, RunId, RunLog};

#[async_trait]
impl RunLog for MemoryStore {
    async fn log(&self, run: RunId, lines: &[LogLine]) -> Result<()> {
        let at = self.time();
        let rows = &mut *self.rows();
        if !rows.runs.contains_key(&run) {
            return Ok(());
        }
        let log = rows.logs.entry(run).or_default();
        for line in lines {
            let number = log.len() as u32 + 1;
            let line = match number {
                _ if number < MAX_LOG => line.clone(),
                MAX_LOG => LogLine::full(),
                _ => break,
            };
            log.push(Logged { number, at, line });
        }
        Ok(())
    }

    async fn logged(&self, run: RunId, after: u32, limit: usize) -> Result<Vec<Logged>> {
        let rows = self.rows();
        let log = rows.logs.get(&run).map_or(&[][..], Vec::as_slice);
        Ok(log.iter().skip(after as usize).take(limit).cloned().collect())
    }
}
