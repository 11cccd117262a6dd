//! The steps of a transaction in PostgreSQL.

use std::time::SystemTime;

use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{query, query_scalar};
use syncapp_control::{
    Limits, LogLine, NewRun, NewVersion, PlannedStream, Run, RunId, RunState, Schedule, ScheduleId, Task, TaskId,
    TaskState, TickOutcome,
};
use syncapp_model::Result;
use uuid::Uuid;

use super::PostgresRows;
use super::columns::{self, get, run_columns, schedule_columns, stamp, task_columns};
use super::errors::failed;
use super::limits;
use crate::rows::{Place, Rows, Waiting};
use crate::words;

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

impl PostgresRows {
    /// How many rows it wrote.
    pub(super) async fn write(&mut self, statement: Statement<'_>) -> Result<u64> {
        let done = statement.execute(&mut *self.transaction).await;
        done.map(|done| done.rows_affected()).map_err(failed)
    }

    pub(super) async fn one<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl FnOnce(&PgRow) -> Result<T>,
    ) -> Result<Option<T>> {
        let row = statement.fetch_optional(&mut *self.transaction).await;
        row.map_err(failed)?.as_ref().map(read).transpose()
    }

    pub(super) async fn all<T>(
        &mut self,
        statement: Statement<'_>,
        read: impl Fn(&PgRow) -> Result<T>,
    ) -> Result<Vec<T>> {
        let rows = statement.fetch_all(&mut *self.transaction).await;
        rows.map_err(failed)?.iter().map(read).collect()
    }
}

#[async_trait]
impl Rows for PostgresRows {
    async fn now(&mut self) -> Result<SystemTime> {
        let now = self.one(query("select clock_timestamp()"), |row| columns::instant(row, 0));
        Ok(now.await?.unwrap_or(SystemTime::UNIX_EPOCH))
    }

    async fn lock_project(&mut self, project: &str, create: bool) -> Result<Option<u32>> {
        if create {
            let insert = "insert into project values ($1, 0) on conflict do nothing";
            self.write(query(insert).bind(project)).await?;
        }
        let lock = query("select newest from project where name = $1 for update").bind(project);
        let newest = self.one(lock, |row| columns::number(row, 0)).await?;
        Ok(newest.filter(|newest| *newest > 0))
    }

    async fn insert_version(&mut self, version: &NewVersion, number: u32, now: SystemTime) -> Result<()> {
        let (project, number) = (&version.project, number as i32);
        let insert = query("insert into version values ($1, $2, $3, $4)");
        let insert = insert.bind(project).bind(number).bind(&version.text).bind(stamp(now));
        self.write(insert).await?;
        for (place, sync) in (0_i32..).zip(&version.syncs) {
            let schedule = sync.schedule.as_ref();
            let (source, source_streams, destination, destination_streams) = words::limit_columns(&sync.limits);
            let insert = query("insert into version_sync values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
                .bind(project)
                .bind(number)
                .bind(&sync.name)
                .bind(place)
                .bind(words::streams_to_text(&sync.streams)?)
                .bind(schedule.map(|spec| &spec.definition))
                .bind(schedule.map(|spec| words::overlap_name(spec.overlap)))
                .bind(&sync.after)
                .bind(source)
                .bind(source_streams.map(|streams| streams as i32))
                .bind(destination)
                .bind(destination_streams.map(|streams| streams as i32));
            self.write(insert).await?;
        }
        let newest = query("update project set newest = $2 where name = $1");
        self.write(newest.bind(project).bind(number)).await.map(drop)
    }

    async fn lock_schedules(&mut self, project: &str) -> Result<Vec<Schedule>> {
        let sql = concat!(
            "select ",
            schedule_columns!(),
            "null from schedule where project = $1 order by sync for update"
        );
        self.all(query(sql).bind(project), columns::schedule).await
    }

    async fn write_schedule(&mut self, schedule: &Schedule) -> Result<()> {
        let write = query(
            "insert into schedule values ($1, $2, $3, $4, $5, $6) on conflict (project, sync) do update \
             set version = excluded.version, definition = excluded.definition, overlap = excluded.overlap, \
             next_due = excluded.next_due",
        )
        .bind(&schedule.id.project)
        .bind(&schedule.id.sync)
        .bind(schedule.version as i32)
        .bind(&schedule.definition)
        .bind(words::overlap_name(schedule.overlap))
        .bind(schedule.next_due.map(stamp));
        self.write(write).await.map(drop)
    }

    async fn delete_schedule(&mut self, id: &ScheduleId) -> Result<()> {
        let delete = query("delete from schedule where project = $1 and sync = $2");
        self.write(delete.bind(&id.project).bind(&id.sync)).await.map(drop)
    }

    async fn lock_schedule(&mut self, id: &ScheduleId) -> Result<Option<Schedule>> {
        let sql = concat!(
            "select ",
            schedule_columns!(),
            "null from schedule where project = $1 and sync = $2 for update"
        );
        self.one(query(sql).bind(&id.project).bind(&id.sync), columns::schedule)
            .await
    }

    async fn lock_owed(&mut self, id: &ScheduleId) -> Result<Vec<Schedule>> {
        let sql = concat!(
            "select ",
            schedule_columns!(),
            "until from owed where project = $1 and sync = $2 order by version for update"
        );
        self.all(query(sql).bind(&id.project).bind(&id.sync), columns::schedule)
            .await
    }

    async fn write_owed(&mut self, schedule: &Schedule) -> Result<()> {
        let write = query(
            "insert into owed values ($1, $2, $3, $4, $5, $6, $7) on conflict (project, sync, version) do update \
             set next_due = excluded.next_due",
        )
        .bind(&schedule.id.project)
        .bind(&schedule.id.sync)
        .bind(schedule.version as i32)
        .bind(&schedule.definition)
        .bind(words::overlap_name(schedule.overlap))
        .bind(schedule.next_due.map(stamp))
        .bind(schedule.until.map(stamp));
        self.write(write).await.map(drop)
    }

    async fn delete_owed(&mut self, schedule: &Schedule) -> Result<()> {
        let delete = query("delete from owed where project = $1 and sync = $2 and version = $3")
            .bind(&schedule.id.project)
            .bind(&schedule.id.sync)
            .bind(schedule.version as i32);
        self.write(delete).await.map(drop)
    }

    async fn is_paused(&mut self, sync: &ScheduleId) -> Result<bool> {
        let read = query("select from pause where project = $1 and sync = $2");
        let pause = self.one(read.bind(&sync.project).bind(&sync.sync), |_| Ok(()));
        Ok(pause.await?.is_some())
    }

    async fn insert_pause(&mut self, sync: &ScheduleId) -> Result<()> {
        let insert = query("insert into pause values ($1, $2, clock_timestamp()) on conflict do nothing");
        self.write(insert.bind(&sync.project).bind(&sync.sync)).await.map(drop)
    }

    async fn delete_pause(&mut self, sync: &ScheduleId) -> Result<()> {
        let delete = query("delete from pause where project = $1 and sync = $2");
        self.write(delete.bind(&sync.project).bind(&sync.sync)).await.map(drop)
    }

    async fn tick(&mut self, schedule: &ScheduleId, nominal_at: SystemTime) -> Result<Option<TickOutcome>> {
        let read =
            query("select nominal_at, run, skipped from tick where project = $1 and sync = $2 and nominal_at = $3");
        let read = read
            .bind(&schedule.project)
            .bind(&schedule.sync)
            .bind(stamp(nominal_at));
        let tick = self.one(read, columns::tick).await?;
        Ok(tick.map(|tick| tick.outcome))
    }

    async fn insert_tick(&mut self, schedule: &ScheduleId, nominal_at: SystemTime, outcome: TickOutcome) -> Result<()> {
        let (run, skipped) = words::outcome_columns(outcome);
        let insert = query("insert into tick values ($1, $2, $3, $4, $5)")
            .bind(&schedule.project)
            .bind(&schedule.sync)
            .bind(stamp(nominal_at))
            .bind(run.map(|run| run.0))
            .bind(skipped);
        self.write(insert).await.map(drop)
    }

    async fn known(&mut self, new: &NewRun) -> Result<Option<RunId>> {
        let sql = "(select id from run where id = $1) union all \
             (select id from run where project = $2 and key = $3) limit 1";
        let read = query(sql).bind(new.id.0).bind(&new.project).bind(&new.key);
        self.one(read, id).await
    }

    async fn lock_sync(&mut self, place: &Place) -> Result<()> {
        let lock = "select from lane where project = $1 and sync = $2 for update";
        let lock = || query(lock).bind(&place.project).bind(&place.sync);
        if self.one(lock(), |_| Ok(())).await?.is_some() {
            return Ok(());
        }
        let insert = query("insert into lane values ($1, $2) on conflict do nothing");
        self.write(insert.bind(&place.project).bind(&place.sync)).await?;
        self.one(lock(), |_| Ok(())).await.map(drop)
    }

    async fn going(&mut self, place: &Place) -> Result<Option<RunId>> {
        let sql = "select id from run where project = $1 and sync = $2 and finished_at is null \
             order by submitted_at, id limit 1";
        self.one(query(sql).bind(&place.project).bind(&place.sync), id).await
    }

    async fn next_held(&mut self, place: &Place) -> Result<Option<RunId>> {
        let sql = "select id from run where project = $1 and sync = $2 and finished_at is null \
             and not exists (select from run where project = $1 and sync = $2 and finished_at is null \
               and state <> 'held') \
             order by submitted_at, id limit 1";
        self.one(query(sql).bind(&place.project).bind(&place.sync), id).await
    }

    async fn insert_run(&mut self, run: &Run) -> Result<bool> {
        let (trigger, trigger_at, trigger_run) = words::trigger_columns(run.trigger);
        let (source, source_streams, destination, destination_streams) = words::limit_columns(&run.limits);
        let insert = query(
            "insert into run (id, project, version, sync, trigger, trigger_at, trigger_run, key, state, submitted_at, \
             finished_at, source, source_streams, destination, destination_streams, trace) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict (project, key) where key is not null do nothing",
        )
        .bind(run.id.0)
        .bind(&run.project)
        .bind(run.version as i32)
        .bind(&run.sync)
        .bind(trigger)
        .bind(trigger_at.map(stamp))
        .bind(trigger_run.map(|run| run.0))
        .bind(&run.key)
        .bind(run.state.name())
        .bind(stamp(run.submitted_at))
        .bind(run.finished_at.map(stamp))
        .bind(source)
        .bind(source_streams.map(|streams| streams as i32))
        .bind(destination)
        .bind(destination_streams.map(|streams| streams as i32))
        .bind(run.trace.map(|trace| trace.to_string()));
        Ok(self.write(insert).await? == 1)
    }

    async fn insert_tasks(
        &mut self,
        run: RunId,
        streams: &[PlannedStream],
        state: TaskState,
        now: SystemTime,
    ) -> Result<()> {
        let names: Vec<&str> = streams.iter().map(|planned| planned.stream.as_str()).collect();
        let pools: Vec<&str> = streams.iter().map(|planned| planned.pool.as_str()).collect();
        let insert = query(
            "insert into task (run, number, stream, pool, state, hinted_at) select $1, place - 1, stream, pool, $4, $5 \
             from unnest($2::text[], $3::text[]) with ordinality as planned (stream, pool, place)",
        )
        .bind(run.0)
        .bind(names)
        .bind(pools)
        .bind(state.name())
        .bind(stamp(now));
        self.write(insert).await.map(drop)
    }

    async fn insert_hints(&mut self, run: RunId, tasks: &[u32]) -> Result<()> {
        let numbers: Vec<i32> = tasks.iter().map(|number| *number as i32).collect();
        let insert = query(
            "insert into outbox (run, number, pool) \
             select run, number, pool from task where run = $1 and number = any($2) order by number",
        );
        self.write(insert.bind(run.0).bind(numbers)).await.map(drop)
    }

    async fn place_of(&mut self, run: RunId) -> Result<Option<(Place, Limits)>> {
        let sql =
            "select project, sync, source, source_streams, destination, destination_streams from run where id = $1";
        let place = |row: &PgRow| {
            let place = Place {
                project: get(row, 0)?,
                sync: get(row, 1)?,
            };
            Ok((place, columns::limits(row, 2)?))
        };
        self.one(query(sql).bind(run.0), place).await
    }

    async fn lock_connection(&mut self, project: &str, connection: &str) -> Result<()> {
        limits::lock_connection(self, project, connection).await
    }

    async fn carried(&mut self, project: &str, connection: &str) -> Result<u32> {
        limits::carried(self, project, connection).await
    }

    async fn waiting(&mut self, project: &str, connection: &str, limit: usize) -> Result<Vec<Waiting>> {
        limits::waiting(self, project, connection, limit).await
    }

    async fn hint_again(&mut self, task: TaskId) -> Result<()> {
        let write = query("update task set hinted_at = clock_timestamp() where run = $1 and number = $2");
        self.write(write.bind(task.run.0).bind(task.number as i32)).await?;
        self.insert_hints(task.run, &[task.number]).await
    }

    async fn run(&mut self, run: RunId) -> Result<Option<Run>> {
        let sql = concat!("select ", run_columns!(), " from run where id = $1");
        self.one(query(sql).bind(run.0), columns::run).await
    }

    async fn lock_run(&mut self, run: RunId) -> Result<Option<RunState>> {
        let lock = query("select state from run where id = $1 for update").bind(run.0);
        self.one(lock, |row| words::run_state(get(row, 0)?)).await
    }

    async fn write_run(&mut self, run: RunId, state: RunState, finished_at: Option<SystemTime>) -> Result<()> {
        let write = query("update run set state = $2, finished_at = $3 where id = $1")
            .bind(run.0)
            .bind(state.name())
            .bind(finished_at.map(stamp));
        self.write(write).await.map(drop)
    }

    async fn last_line(&mut self, run: RunId) -> Result<u32> {
        let read = query("select coalesce(max(number), 0) from run_log where run = $1").bind(run.0);
        let last = self.one(read, |row| columns::number(row, 0)).await?;
        Ok(last.unwrap_or(0))
    }

    async fn insert_line(&mut self, run: RunId, number: u32, line: &LogLine, at: SystemTime) -> Result<()> {
        let insert = query(
            "insert into run_log (run, number, at, level, stream, text, code, help) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(run.0)
        .bind(number as i32)
        .bind(stamp(at))
        .bind(line.level.name())
        .bind(&line.stream)
        .bind(&line.text)
        .bind(&line.code)
        .bind(&line.help);
        self.write(insert).await.map(drop)
    }

    async fn write_landed(&mut self, place: &Place, stream: &str, at: SystemTime) -> Result<()> {
        let write = query(
            "insert into landed values ($1, $2, $3, $4) on conflict (project, sync, stream) do update set at = excluded.at",
        )
        .bind(&place.project)
        .bind(&place.sync)
        .bind(stream)
        .bind(stamp(at));
        self.write(write).await.map(drop)
    }

    async fn landed(&mut self, project: &str) -> Result<Vec<(String, String)>> {
        let read = query("select sync, stream from landed where project = $1").bind(project);
        self.all(read, |row| Ok((get(row, 0)?, get(row, 1)?))).await
    }

    async fn delete_landed(&mut self, project: &str, sync: &str, stream: &str) -> Result<()> {
        let delete = query("delete from landed where project = $1 and sync = $2 and stream = $3");
        self.write(delete.bind(project).bind(sync).bind(stream)).await.map(drop)
    }

    async fn task(&mut self, id: TaskId) -> Result<Option<(Task, SystemTime)>> {
        let sql = concat!(
            "select ",
            task_columns!(),
            ", clock_timestamp() from task where run = $1 and number = $2"
        );
        self.one(query(sql).bind(id.run.0).bind(id.number as i32), timed).await
    }

    async fn lock_task(&mut self, id: TaskId) -> Result<Option<(Task, SystemTime)>> {
        // The time is read of rows that are locked: in one select it would be read before the lock was waited for.
        let sql = concat!(
            "with locked as materialized (select * from task where run = $1 and number = $2 for update) select ",
            task_columns!(),
            ", clock_timestamp() from locked"
        );
        self.one(query(sql).bind(id.run.0).bind(id.number as i32), timed).await
    }

    async fn lock_tasks(&mut self, run: RunId) -> Result<Vec<Task>> {
        let sql = concat!(
            "select ",
            task_columns!(),
            " from task where run = $1 order by number for update"
        );
        self.all(query(sql).bind(run.0), columns::task).await
    }

    async fn task_states(&mut self, run: RunId) -> Result<Vec<TaskState>> {
        let states = query_scalar::<_, String>("select distinct state from task where run = $1");
        let states = states
            .bind(run.0)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(failed)?;
        states.iter().map(|state| words::task_state(state)).collect()
    }

    async fn write_task(&mut self, before: &Task, after: &Task) -> Result<bool> {
        let error = after.error.as_ref();
        let write = query(
            "update task set state = $5, epoch = $6, worker = $7, lease_until = $8, fruitless = $9, lost = $10, \
             next_try_at = $11, hinted_at = $12, rows_read = $13, rows_written = $14, bytes_read = $15, \
             rows_committed = $16, cpu_micros = $17, peak_bytes = $18, error_code = $19, error_text = $20, \
             error_help = $21, finished_at = $22, started_at = $23, rows_expected = $24 \
             where run = $1 and number = $2 and state = $3 and epoch = $4",
        )
        .bind(before.id.run.0)
        .bind(before.id.number as i32)
        .bind(before.state.name())
        .bind(before.epoch.0 as i64)
        .bind(after.state.name())
        .bind(after.epoch.0 as i64)
        .bind(&after.worker)
        .bind(after.lease_until.map(stamp))
        .bind(after.fruitless as i32)
        .bind(after.lost as i32)
        .bind(after.next_try_at.map(stamp))
        .bind(stamp(after.hinted_at))
        .bind(after.progress.read as i64)
        .bind(after.progress.written as i64)
        .bind(after.progress.bytes as i64)
        .bind(after.progress.committed as i64)
        .bind(words::duration_micros(after.usage.cpu))
        .bind(after.usage.peak_bytes as i64)
        .bind(error.map(|error| &error.code))
        .bind(error.map(|error| &error.text))
        .bind(error.and_then(|error| error.help.as_deref()))
        .bind(after.finished_at.map(stamp))
        .bind(after.started_at.map(stamp))
        .bind(after.progress.expected.map(|rows| rows as i64));
        Ok(self.write(write).await? == 1)
    }
}

/// A task, and the time after its columns.
fn timed(row: &PgRow) -> Result<(Task, SystemTime)> {
    Ok((columns::task(row)?, columns::instant(row, 24)?))
}

fn id(row: &PgRow) -> Result<RunId> {
    get::<Uuid>(row, 0).map(RunId)
}
