use super::*;

fn check(text: &str, want: &str) {
    let got = match text.parse::<Cron>() {
        Ok(cron) => cron.to_string(),
        Err(error) => format!(
            "{}\n  {}",
            error.report().why,
            error.report().help.as_deref().unwrap_or_default()
        ),
    };
    assert_eq!(got, want, "{text}");
}

#[test]
fn what_is_read() {
    check("*/15 * * * *", "0 0,15,30,45 * * * *");
    check("  5   */20\t3 * * ? ", "5 0,20,40 3 * * *");
    check("5/20 2,14 1-3,L,15w jan,JUL *", "0 5,25,45 2,14 1,2,3,L,15W 1,7 *");
    check("0 0 ? * mon-FRI", "0 0 0 * * 1,2,3,4,5");
    check("0 0 * * FRI-SUN", "0 0 0 * * 0,5,6");
    check("0 0 * * 5-7", "0 0 0 * * 0,5,6");
    check("0 0 * * SUN-TUE,7", "0 0 0 * * 0,1,2");
    check("0 0 * * 1-5/2,FRI#2,6l,0#L,7#1", "0 0 0 * * 1,3,5,0#1,5#2,0#L,6#L");
    check("0 0 * * 1/3", "0 0 0 * * 0,1,4");
    check("0 0 * * */3", "0 0 0 * * 0,3,6");
    check("0 0 1-31 * 0-6", "0 0 0 * * *");
    check("0 0 29 2 *", "0 0 0 29 2 *");
    check("0 0 31 2,3 *", "0 0 0 31 2,3 *");
    check("0 0 31 2 FRI", "0 0 0 31 2 5");
    check("0 0 31,L 2 *", "0 0 0 31,L 2 *");
    check("0 */24 */31 */12 *", "0 0 0 1 1 *");
}

#[test]
fn what_is_refused() {
    let form = "five fields: minute, hour, day of the month, month, day of the week, such as `\"*/15 * * * *\"`; six with \
                seconds in front";
    for text in ["", "* *", "hourly", "@daily", "* * * * * * *", "* * * *"] {
        check(text, &format!("`{text}` is not a cron expression\n  {form}"));
    }
    let wrong = |text: &str, item: &str, noun: &str| {
        let error = text.parse::<Cron>().unwrap_err();
        assert_eq!(
            error.report().why,
            format!("`{item}` is not {noun} of a cron expression"),
            "{text}"
        );
    };
    wrong("60 * * * *", "60", "a minute");
    wrong("60 * * * * *", "60", "a second");
    wrong("0 24 * * *", "24", "an hour");
    wrong("0 0 0 * *", "0", "a day of the month");
    wrong("0 0 * 13 *", "13", "a month");
    wrong("0 0 * * 8", "8", "a day of the week");
    wrong("0 0 * * MONTUE", "MONTUE", "a day of the week");
    wrong("0 0 * * L", "L", "a day of the week");
    wrong("0 0 * * FRI#6", "FRI#6", "a day of the week");
    wrong("0 0 LW * *", "LW", "a day of the month");
    wrong("0 0 W * *", "W", "a day of the month");
    wrong("? * * * *", "?", "a minute");
    wrong("1,,2 * * * *", "", "a minute");
    wrong("*/0 * * * *", "*/0", "a minute");
    wrong("*/ * * * *", "*/", "a minute");
    wrong("1-2-3 * * * *", "1-2-3", "a minute");
    wrong("-5 * * * *", "-5", "a minute");
    wrong("+5 * * * *", "+5", "a minute");
    wrong("005 * * * *", "005", "a minute");
    check(
        "0 25 * * *",
        "`25` is not an hour of a cron expression\n  0 to 23, `*`, a range such as `1-3`, a step such as `*/2`, or several with \
         commas",
    );
    check(
        "0 22-2 * * *",
        "the range `22-2` of a cron expression ends before it begins\n  write `22-23,0-2` to go past the end",
    );
    check(
        "*/90 * * * *",
        "the step of `*/90` leads out of the field: a minute has 60 values\n  cron counts within the field only, never beyond it",
    );
    for never in ["0 0 31 2 *", "0 0 30,31 FEB *", "0 0 31 4,6,9,11 *", "0 0 31W 6 *"] {
        check(
            never,
            &format!(
                "`{never}` never comes: no month that it names has such a day\n  choose a day that the month has; `L` is the \
                 last day of any month"
            ),
        );
    }
}
