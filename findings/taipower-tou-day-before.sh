#!/usr/bin/env bash
# taipower-tou 0.1.0 (PyPI, Taiwan Power Company's time-of-use tariffs) takes the kind of the day before for each day of an index with a time zone.
#
# Weekdays, Saturdays, and Sundays with the holidays have other hours and prices. For a pandas index the dates are handed to the calendar by
# `.values`, which gives an aware column in UTC: midnight of Monday in Taipei is 16:00 of Sunday. A single aware datetime is looked up
# by its own date, and so is an index without a zone.
# Expected: Monday 6 to Sunday 12 July 2026 are five weekdays, a Saturday and a Sunday, however they are asked for; a kWh at 17:00 of Monday, in
# the standard two-stage tariff, is a peak one at 5.54. Seen (2026-12-01): for the aware index alone Monday is a Sunday (2.27), Saturday a weekday.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check taipower-tou==0.1.0 pandas==2.3.3
cat > "$work/run.py" <<'PY'
import pandas as pd
import taipower_tou

sundays = taipower_tou.custom_calendar(weekend_days=[6])
plan = "lighting_standard_2_tier"


def kinds(index):
    found = taipower_tou.period_context(index, plan, calendar_instance=sundays)
    return list(found["day_type"]), [str(getattr(period, "value", period)) for period in found["period"]]


days = ["weekday"] * 5 + ["saturday", "sunday_holiday"]
plain = pd.date_range("2026-07-06 17:00", periods=7, freq="D")
aware = plain.tz_localize("Asia/Taipei")
for name, index in (("without a zone", plain), ("Asia/Taipei", aware)):
    print(f"{name}:", *kinds(index))
singly = [taipower_tou.period_context(at.to_pydatetime(), plan, calendar_instance=sundays)["day_type"] for at in aware]
cost = [float(taipower_tou.costs(pd.Series(1.0, index=index[:1]), plan, calendar_instance=sundays).iloc[0]) for index in (plain, aware)]
print("one by one, Asia/Taipei:", singly)
print("1 kWh at 17:00 of Monday:", *cost)
assert kinds(plain)[0] == singly == days, "the behaviour has changed"
assert [round(amount, 2) for amount in cost] == [5.54, 2.27], "the behaviour has changed"
assert kinds(aware)[0] == days[-1:] + days[:-1], "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
