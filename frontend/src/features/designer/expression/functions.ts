/** The functions that completion offers: what expressions call most, of all that the engine has. */

export interface SqlFunction {
  name: string;
  /** What stands in its brackets. */
  takes: string;
  group: "text" | "number" | "time" | "json" | "list" | "choice" | "bytes";
}

const LISTED: Record<SqlFunction["group"], string> = {
  text: `ascii(text) bit_length(text) btrim(text, characters?) character_length(text) chr(number) concat(text, …) concat_ws(separator, text, …)
    contains(text, part) ends_with(text, end) find_in_set(text, list) initcap(text) left(text, n) length(text) levenshtein(one, other)
    lower(text) lpad(text, n, fill?) ltrim(text, characters?) octet_length(text) overlay(text placing part from n) regexp_count(text, pattern)
    regexp_instr(text, pattern) regexp_like(text, pattern, flags?) regexp_match(text, pattern, flags?)
    regexp_replace(text, pattern, by, flags?) repeat(text, n) replace(text, part, by) reverse(text) right(text, n) rpad(text, n, fill?)
    rtrim(text, characters?) split_part(text, delimiter, n) starts_with(text, start) strpos(text, part) substr(text, from, n?)
    substr_index(text, delimiter, n) to_hex(number) translate(text, from, to) trim(text) upper(text) uuid()`,
  number: `abs(x) acos(x) asin(x) atan(x) atan2(y, x) cbrt(x) ceil(x) cos(x) cot(x) degrees(x) exp(x) factorial(n) floor(x) gcd(a, b)
    isnan(x) iszero(x) lcm(a, b) ln(x) log(base, x) log10(x) log2(x) nanvl(x, y) pi() power(base, exponent) radians(x) random() round(x, places?)
    signum(x) sin(x) sqrt(x) tan(x) trunc(x, places?)`,
  time: `current_date() current_time() date_bin(interval, time, origin?) date_part(part, time) date_trunc(precision, time) from_unixtime(seconds)
    make_date(year, month, day) make_time(hour, minute, second) now() to_char(time, format) to_date(text, format?) to_local_time(time)
    to_time(text, format?) to_timestamp(text, format?) to_timestamp_micros(x) to_timestamp_millis(x) to_timestamp_nanos(x) to_timestamp_seconds(x)
    to_unixtime(time)`,
  json: `json_as_text(document, key, …) json_contains(document, key, …) json_get_bool(document, key, …) json_get_float(document, key, …)
    json_get_int(document, key, …) json_get_json(document, key, …) json_get_str(document, key, …) json_length(document, key, …)
    json_type(document, key, …)`,
  list: `array_append(list, item) array_concat(list, …) array_distinct(list) array_element(list, n) array_except(list, other)
    array_has(list, item) array_has_all(list, other) array_has_any(list, other) array_intersect(list, other) array_length(list)
    array_max(list) array_min(list) array_position(list, item) array_prepend(item, list) array_remove(list, item) array_replace(list, item, by)
    array_reverse(list) array_slice(list, from, to) array_sort(list) array_sum(list) array_to_string(list, delimiter) array_union(list, other)
    cardinality(list) empty(list) flatten(list) make_array(item, …) string_to_array(text, delimiter)`,
  choice: `arrow_cast(value, type) arrow_typeof(value) coalesce(value, …) greatest(value, …) least(value, …) nullif(value, other)
    nvl(value, other) nvl2(value, then, else)`,
  bytes: `decode(text, format) digest(text, algorithm) encode(bytes, format) md5(text) sha224(text) sha256(text) sha384(text) sha512(text)`,
};

export const FUNCTIONS: readonly SqlFunction[] = Object.entries(LISTED).flatMap(([group, text]) =>
  Array.from(text.matchAll(/([a-z0-9_]+)\(([^)]*)\)/g), ([, name = "", takes = ""]) => ({
    name,
    takes,
    group: group as SqlFunction["group"],
  })),
);
