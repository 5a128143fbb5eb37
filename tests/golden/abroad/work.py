"""Works bills of other countries with zoneinfo and fractions alone, and writes one JSON a case.

    python3 tests/golden/abroad/work.py           write the cases
    python3 tests/golden/abroad/work.py --check   say which differ from what is worked now

Every slot is looked at by itself: which day of the clock it is in, which band, which tier its kWh fall in, which hour is among the highest.
Nothing is rounded but a month's share of a yearly amount, half to even at the 20th decimal. Readings: (7919 i + 13) mod M Wh in slot i.
Spot prices: ((i * 37) mod 101 - 10) / 4 in slot i of their own grid.
"""
from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction as F

from metered import HERE, UTC, at, by_month, case, exported, inside, meter, month, month_days, set_off, settle, shared, spot, summed, text, year_days


def berlin(name, first, last):
    """Quarter-hourly spot prices with a mark-up; a grid fee of three levels in two quarters of the year, which replaces the flat one."""
    metered = meter("Europe/Berlin", first, last, 15, 977)
    start = metered.slots[0][0]
    levels = [("high", "17:00", "20:00", "15.05"), ("low", "00:00", "05:00", "1.51"), ("normal", "05:00", "17:00", "7.53"), ("normal late", "20:00", "24:00", "7.53")]
    timed, flat = [1, 2, 3, 10, 11, 12], [4, 5, 6, 7, 8, 9]

    def fee(slot):
        if slot[1].month in flat:
            return F("7.53")
        return next(F(rate) for _, opens, closes, rate in levels if inside(slot[1], opens, closes.replace("24:00", "00:00")))

    bands = [{"name": level, "from": opens, "to": closes, "months": timed, "rate": rate} for level, opens, closes, rate in levels]
    bands.append({"name": "flat", "from": "00:00", "to": "00:00", "months": flat, "rate": "7.53"})
    tariff = {
        "code": "BERLIN-SPOT",
        "currency": "EUR",
        "tax": "19%",
        "standing_charge": "32.5",
        "spot": {"markup": "1.75", "factor": "1.02"},
        "components": [
            {"name": "Netzentgelt", "kind": "grid-fee", "bands": bands},
            {"name": "Stromsteuer", "kind": "tax", "unit_rate": "2.05"},
        ],
    }
    days = defaultdict(F)
    for day in sorted({slot[1].date() for slot in metered.slots}):
        days[(day.year, day.month)] += F("32.5")
    kinds = {
        "energy": by_month(metered.slots, lambda slot: spot(slot[0], start, 15) * F("1.02") + F("1.75")),
        "grid_fee": by_month(metered.slots, fee),
        "energy_tax": by_month(metered.slots, lambda slot: F("2.05")),
        "standing_charge": days,
    }
    grid = {"start": start, "slot_minutes": 15, "count": len(metered.slots)}
    return case(name, metered, metered.slots, tariff, kinds, F(19, 100), grid)


def monthly_peaks(metered, minutes, count, different_days, factor=lambda local: F(1)):
    """The mean of the highest powers of each month, in kW."""
    sums = defaultdict(F)
    for second, local, kwh in metered.slots:
        stretch = second - (second + int(local.utcoffset().total_seconds())) % (minutes * 60)
        sums[stretch] += kwh
    powers = defaultdict(list)
    for stretch, kwh in sums.items():
        local = datetime.fromtimestamp(stretch, UTC).astimezone(metered.zone)
        power = kwh * 60 / minutes * factor(local)
        if power:
            powers[month(local)].append((power, local.date()))
    peaks = {}
    for key, found in powers.items():
        found.sort(key=lambda power: power[0], reverse=True)
        kept, seen = [], set()
        for power, day in found:
            if len(kept) < count and not (different_days and day in seen):
                kept.append(power)
                seen.add(day)
        peaks[key] = sum(kept) / len(kept)
    return peaks


def before(key, back):
    number = key[0] * 12 + key[1] - 1 - back
    return number // 12, number % 12 + 1


def brussels():
    """Flanders: the mean of twelve monthly quarter-hour peaks, each at least 2.5 kW, a price a kW and year, a ceiling a kWh; one month
    uses so little that the ceiling holds."""
    metered = meter("Europe/Brussels", "2025-11-01", "2026-05-01", 15, 1201)
    slots = [(second, local, kwh / 400 if local.month == 2 else kwh) for second, local, kwh in metered.slots]
    metered.slots = slots
    peaks = monthly_peaks(metered, 15, 1, False)
    known = {(2025, 9): F("6.4"), (2025, 10): F("1.1")}
    peaks.update(known)
    bill = metered.within("2026-01-01", "2026-04-11")
    capacity = {}
    for key in sorted({month(slot[1]) for slot in bill}):
        months = [max(peaks[before(key, back)], F("2.5")) for back in range(12) if before(key, back) in peaks]
        mean = sum(months) / len(months)
        days = len({slot[1].date() for slot in bill if month(slot[1]) == key})
        amount = shared(mean * F("5321.25"), days, year_days(key[0]))
        ceiling = sum(slot[2] for slot in bill if month(slot[1]) == key) * F("34.2")
        capacity[key] = min(amount, ceiling)
    day_kwh = by_month(bill, lambda slot: F("11.4") if inside(slot[1], "07:00", "22:00") and slot[1].weekday() < 5 else F("9.9"))
    tariff = {
        "code": "VLAANDEREN",
        "currency": "EUR",
        "tax": {"rate": "6%", "name": "btw"},
        "bands": [
            {"name": "day", "from": "07:00", "to": "22:00", "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "rate": "11.4"},
            {"name": "night", "from": "22:00", "to": "07:00", "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "rate": "9.9"},
            {"name": "weekend", "from": "00:00", "to": "00:00", "days": ["saturday", "sunday"], "rate": "9.9"},
        ],
        "components": [
            {
                "name": "Capaciteitstarief",
                "capacity": {
                    "slot_minutes": 15, "months": 12, "minimum_kw": "2.5", "price_per_kw": "5321.25", "every": "year", "ceiling_per_kwh": "34.2",
                    "known_peaks": {"2025-09": "6.4", "2025-10": "1.1"},
                },
            },
            {"name": "Energiefonds", "fee": "102.5", "every": "month", "tax": "none"},
        ],
    }
    fund = {}
    for key in capacity:
        days = len({slot[1].date() for slot in bill if month(slot[1]) == key})
        fund[key] = shared(F("102.5"), days, month_days(*key))
    kinds = {"energy": day_kwh, "capacity": capacity, "fee*": fund}
    return case("brussels-capacity", metered, bill, tariff, kinds, F(6, 100), options={"small_in_month": 2, "small_by": 400})


def oslo(previous):
    """Norway: an hourly meter under quarter-hourly prices by the hour's mean; steps of capacity by the three highest hours of different
    days, of this month or the one before; 90 % of what the price is above a threshold back, for the first kWh of a month."""
    metered = meter("Europe/Oslo", "2026-01-01", "2026-04-01", 60, 5003)
    start = metered.slots[0][0]
    bill = metered.within("2026-02-01", "2026-04-01") if previous else metered.slots
    peaks = monthly_peaks(metered, 60, 3, True)
    steps = [(F(2), F(15000)), (F("4.999"), F(24000)), (None, F(62000))]
    capacity = {}
    for key in sorted({month(slot[1]) for slot in bill}):
        power = peaks[before(key, 1 if previous else 0)]
        capacity[key] = next(price for edge, price in steps if edge is None or (power < edge if previous else power <= edge))

    def price(slot):
        return sum(spot(slot[0] + quarter * 900, start, 15) for quarter in range(4)) / 4

    # The refund is one of each quarter's price; an hour bears the mean of its four.
    support, left = defaultdict(F), defaultdict(lambda: F(500))
    for slot in bill:
        key = month(slot[1])
        counted = min(slot[2], left[key])
        left[key] -= counted
        quarters = [max(F(0), spot(slot[0] + quarter * 900, start, 15) - F(8)) * F(9, 10) for quarter in range(4)]
        support[key] -= counted * sum(quarters) / 4
    fee = by_month(bill, lambda slot: F("39.59") if inside(slot[1], "06:00", "22:00") and slot[1].weekday() < 5 else F("32.09"))
    tariff = {
        "code": "OSLO",
        "currency": "NOK",
        "tax": "25%",
        "spot": {"markup": "4.9"},
        "components": [
            {
                "name": "Energiledd", "kind": "grid-fee",
                "bands": [
                    {"from": "06:00", "to": "22:00", "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "rate": "39.59"},
                    {"from": "22:00", "to": "06:00", "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "rate": "32.09"},
                    {"from": "00:00", "to": "00:00", "days": ["saturday", "sunday"], "rate": "32.09"},
                ],
            },
            {
                "name": "Kapasitetsledd",
                "capacity": {
                    "slot_minutes": 60, "peaks": 3, "different_days": True, "months_before": 1 if previous else 0, "edge": "outside" if previous else "inside",
                    "steps": [{"up_to_kw": "2", "price": "15000"}, {"up_to_kw": "4.999", "price": "24000"}, {"price": "62000"}],
                },
            },
            {"name": "Strømstøtte", "refund": {"above": "8", "share": "0.9"}, "portion": {"every": "month", "to_kwh": "500"}},
        ],
    }
    kinds = {"energy": by_month(bill, lambda slot: price(slot) + F("4.9")), "grid_fee": fee, "capacity": capacity, "support": support}
    grid = {"start": start, "slot_minutes": 15, "count": 4 * len(metered.slots)}
    name = "oslo-month-before" if previous else "oslo-steps"
    return case(name, metered, bill, tariff, kinds, F(25, 100), grid, {"rate_in_slot": "mean"})


def stockholm():
    """Sweden: the mean of the month's three highest hours of different days, those of the night counted half, a price a kW and month."""
    metered = meter("Europe/Stockholm", "2026-09-15", "2026-11-15", 15, 2003)
    peaks = monthly_peaks(metered, 60, 3, True, lambda local: F(1, 2) if inside(local, "22:00", "06:00") else F(1))
    capacity = {}
    for key, power in peaks.items():
        days = len({slot[1].date() for slot in metered.slots if month(slot[1]) == key})
        capacity[key] = shared(power * 8125, days, month_days(*key))
    tariff = {
        "code": "STOCKHOLM",
        "currency": "SEK",
        "tax": "25%",
        "unit_rate": "91.3",
        "components": [
            {
                "name": "Effektavgift",
                "hours": [{"from": "06:00", "to": "22:00"}, {"from": "22:00", "to": "06:00", "factor": "0.5"}],
                "capacity": {"slot_minutes": 60, "peaks": 3, "different_days": True, "price_per_kw": "8125", "every": "month"},
            },
            {"name": "Månadsavgift", "fee": "4900", "every": "month"},
        ],
    }
    fee = {}
    for key in peaks:
        days = len({slot[1].date() for slot in metered.slots if month(slot[1]) == key})
        fee[key] = shared(4900, days, month_days(*key))
    kinds = {"energy": by_month(metered.slots, lambda slot: F("91.3")), "capacity": capacity, "fee": fee}
    return case("stockholm-peaks", metered, metered.slots, tariff, kinds, F(25, 100))


def copenhagen():
    """Denmark: a grid fee by season and hour, and a tax of which the rate falls above 4,000 kWh a year."""
    metered = meter("Europe/Copenhagen", "2026-01-01", "2027-01-01", 60, 1499)
    winter, summer = [1, 2, 3, 10, 11, 12], [4, 5, 6, 7, 8, 9]
    prices = {True: [("00:00", "06:00", "12.06"), ("06:00", "17:00", "36.19"), ("17:00", "21:00", "108.57"), ("21:00", "00:00", "36.19")],
              False: [("00:00", "06:00", "12.06"), ("06:00", "17:00", "18.1"), ("17:00", "21:00", "47.05"), ("21:00", "00:00", "18.1")]}
    bands = [
        {"from": opens, "to": closes, "months": winter if cold else summer, "rate": rate}
        for cold, rows in prices.items() for opens, closes, rate in rows
    ]
    fee = by_month(metered.slots, lambda slot: next(F(rate) for opens, closes, rate in prices[slot[1].month in winter] if inside(slot[1], opens, closes)))
    tax, used = defaultdict(F), F(0)
    for slot in metered.slots:
        low = max(F(0), min(slot[2], F(4000) - used))
        used += slot[2]
        tax[month(slot[1])] += low * F("72.7") + (slot[2] - low) * F("0.8")
    tariff = {
        "code": "KOBENHAVN",
        "currency": "DKK",
        "tax": "25%",
        "unit_rate": "55",
        "components": [
            {"name": "Nettarif C", "kind": "grid-fee", "bands": bands},
            {"name": "Elafgift", "kind": "tax", "tiers": {"every": "year", "steps": [{"up_to_kwh": "4000", "rate": "72.7"}, {"rate": "0.8"}]}},
        ],
    }
    kinds = {"energy": by_month(metered.slots, lambda slot: F(55)), "grid_fee": fee, "energy_tax": tax}
    return case("copenhagen-seasons-and-tax", metered, metered.slots, tariff, kinds, F(25, 100))


def tokyo():
    """Japan: three tiers a month, 10 % in every price, no summer time. Amounts are yen."""
    metered = meter("Asia/Tokyo", "2026-03-01", "2026-06-01", 30, 701)
    energy, used = defaultdict(F), defaultdict(F)
    for slot in metered.slots:
        key, left, at_kwh = month(slot[1]), slot[2], used[month(slot[1])]
        for low, high, rate in ((0, 120, "29.8"), (120, 300, "36.4"), (300, None, "40.49")):
            top = at_kwh + slot[2]
            part = max(F(0), (min(top, F(high)) if high else top) - max(at_kwh, F(low)))
            energy[key] += part * F(rate)
        used[key] += left
    basic = {key: F("935.25") for key in used}
    gross = {key: energy[key] + basic[key] for key in used}
    net = {"energy": {key: amount * 10 / 11 for key, amount in energy.items()}, "fee": {key: amount * 10 / 11 for key, amount in basic.items()}}
    tariff = {
        "code": "TOKYO-B",
        "currency": "JPY",
        "vat": "inclusive",
        "tax": {"rate": "10%", "name": "consumption tax"},
        "tiers": {"every": "month", "steps": [{"up_to_kwh": "120", "rate": "29.8"}, {"up_to_kwh": "300", "rate": "36.4"}, {"rate": "40.49"}]},
        "components": [{"name": "Basic charge, 30 A", "fee": "935.25", "every": "month"}],
    }
    name, worked = case("tokyo-tiers", metered, metered.slots, tariff, net, F(10, 100))
    worked["expected"]["total_minor"] = text(sum(gross.values()))
    del worked["expected"]["net_minor"], worked["expected"]["vat_minor"], worked["expected"]["kinds"], worked["expected"]["months"]
    worked["expected"]["kwh"] = text(sum(used.values()))
    return name, worked


def melbourne():
    """Australia: midday is free up to 50 kWh a day over cycles of 28 days; the clock goes back within one of them."""
    metered = meter("Australia/Melbourne", "2026-03-16", "2026-05-11", 30, 9001)
    rate = lambda slot: F("31.2")
    free, used = defaultdict(F), defaultdict(F)
    for slot in metered.slots:
        if not inside(slot[1], "11:00", "14:00"):
            continue
        cycle = (slot[1].date() - date(2026, 3, 2)).days // 28
        begins = max(date(2026, 3, 2) + timedelta(days=28 * cycle), metered.first)
        ends = min(date(2026, 3, 2) + timedelta(days=28 * cycle + 28), metered.last)
        limit = F(13) * (ends - begins).days
        counted = max(F(0), min(slot[2], limit - used[cycle]))
        used[cycle] += slot[2]
        free[month(slot[1])] -= counted * F("31.2")
    tariff = {
        "code": "FREE-MIDDAY",
        "currency": "AUD",
        "tax": {"rate": "10%", "name": "GST"},
        "unit_rate": "31.2",
        "components": [
            {
                "name": "Free midday", "kind": "support", "unit_rate": "-31.2",
                "hours": [{"from": "11:00", "to": "14:00"}],
                "portion": {"cycle": {"days": 28, "first": "2026-03-02"}, "to_kwh": "13", "per_day": True, "pro_rata": True},
            },
        ],
    }
    kinds = {"energy": by_month(metered.slots, rate), "support": free}
    return case("melbourne-free-midday", metered, metered.slots, tariff, kinds, F(10, 100))


def paris():
    """Tempo: the day runs from 06:00 to 06:00; red and white days are dates; off-peak from 22:00 to 06:00."""
    metered = meter("Europe/Paris", "2026-01-05", "2026-02-10", 30, 1999)
    red = ["2026-01-06", "2026-01-07", "2026-02-03"]
    white = ["2026-01-08", "2026-01-12..2026-01-14", "2026-12-30"]
    whites = {date(2026, 1, 8), date(2026, 1, 12), date(2026, 1, 13), date(2026, 1, 14)}
    reds = {date.fromisoformat(day) for day in red}
    prices = {"blue": ("16.12", "13.25"), "white": ("18.71", "14.99"), "red": ("70.6", "15.75")}

    def price(slot):
        day = (slot[1].replace(tzinfo=None) - timedelta(hours=6)).date()
        colour = "red" if day in reds else "white" if day in whites else "blue"
        peak, off = prices[colour]
        return F(peak) if inside(slot[1], "06:00", "22:00") else F(off)

    bands = []
    for colour, (peak, off) in prices.items():
        days = [] if colour == "blue" else [colour]
        bands.append({"name": f"{colour} peak", "from": "06:00", "to": "22:00", "days": days, "rate": peak})
        bands.append({"name": f"{colour} off-peak", "from": "22:00", "to": "06:00", "days": days, "rate": off})
    tariff = {
        "code": "TEMPO",
        "currency": "EUR",
        "tax": {"country": "FR"},
        "day_starts": "06:00",
        "day_classes": {"red": red + ["2025-01-01"], "white": white + ["2025-02-01"]},
        "bands": bands,
    }
    return case("paris-tempo", metered, metered.slots, tariff, {"energy": by_month(metered.slots, price)}, F(20, 100))


def minimum():
    """A minimum a month before tax: one month is raised to it, one is not, and one is cut by the bill's end."""
    metered = meter("Europe/Vienna", "2026-02-01", "2026-04-16", 60, 401)
    metered.slots = [(second, local, kwh / 400 if local.month == 2 else kwh) for second, local, kwh in metered.slots]
    energy = by_month(metered.slots, lambda slot: F("20.125"))
    raised = {}
    for key, amount in energy.items():
        days = len({slot[1].date() for slot in metered.slots if month(slot[1]) == key})
        least = shared(2500, days, month_days(*key))
        if amount < least:
            raised[key] = least - amount
    tariff = {
        "code": "MINDESTENS", "currency": "EUR", "tax": "20%", "unit_rate": "20.125",
        "components": [{"name": "Minimum", "minimum": "2500", "every": "month"}],
    }
    return case("vienna-minimum", metered, metered.slots, tariff, {"energy": energy, "minimum": raised}, F(20, 100), options={"small_in_month": 2, "small_by": 400})


def madrid():
    """Spain: what is exported in an hour is paid for, and a month's credit is at most what the month's energy costs; nothing is carried on."""
    metered = meter("Europe/Madrid", "2026-02-10", "2026-06-01", 60, 907)
    metered.slots = [(second, local, kwh / 16 if local.month == 4 else kwh) for second, local, kwh in metered.slots]
    use = [slot[2] for slot in metered.slots]
    sold = exported(metered, 1201)
    use, sold = set_off(use, sold, lambda place: place)
    peak = lambda place: metered.slots[place][1].weekday() < 5 and 10 <= metered.slots[place][1].hour < 14
    energy = summed(metered, use, lambda place: F("18.4") if peak(place) else F("11.2"))
    credit = summed(metered, sold, lambda place: F("-7"))
    lost = {key: -(energy[key] + credit[key]) for key in credit if energy[key] + credit[key] < 0}
    days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    tariff = {
        "code": "EXCEDENTES", "currency": "EUR", "tax": "10%", "netting": {"every": "slot"},
        "bands": [
            {"name": "peak", "from": "10:00", "to": "14:00", "days": days, "rate": "18.4"},
            {"name": "other", "from": "14:00", "to": "10:00", "days": days, "rate": "11.2"},
            {"name": "weekend", "from": "00:00", "to": "00:00", "days": ["saturday", "sunday"], "rate": "11.2"},
        ],
        "components": [{"name": "Excedentes", "counts": "export", "unit_rate": "-7", "not_below_zero": "month"}],
    }
    assert lost and len(lost) < len(credit)
    kinds = {"energy": energy, "export": {key: credit[key] + lost.get(key, F(0)) for key in credit}}
    return case("madrid-surplus", metered, metered.slots, tariff, kinds, F(10, 100), options={"small_in_month": 4, "small_by": 16}, kwh=sum(use), sold={"modulus": 1201, "from_hour": 9, "to_hour": 17})


def amsterdam():
    """The Netherlands: a year's export is set off by register, the rest is paid for; feed-in costs go by all that the year exported."""
    metered = meter("Europe/Amsterdam", "2025-01-01", "2026-01-01", 60, 997)
    gross = [slot[2] for slot in metered.slots]
    all_sold = exported(metered, 1499)
    low = lambda place: metered.slots[place][1].weekday() >= 5 or not 7 <= metered.slots[place][1].hour < 23
    use, sold = set_off(gross, all_sold, low)
    energy = summed(metered, use, lambda place: F("24.1") if low(place) else F("29.3"))
    steps = [(500, "3600"), (1500, "9900"), (2500, "20100"), (None, "35000")]
    cost = next(F(amount) for edge, amount in steps if edge is None or sum(all_sold) <= edge)
    days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    tariff = {
        "code": "SALDEREN", "currency": "EUR", "tax": "21%", "netting": {"every": "year", "by_rate": True},
        "bands": [
            {"name": "normal", "from": "07:00", "to": "23:00", "days": days, "rate": "29.3"},
            {"name": "low", "from": "23:00", "to": "07:00", "days": days, "rate": "24.1"},
            {"name": "weekend", "from": "00:00", "to": "00:00", "days": ["saturday", "sunday"], "rate": "24.1"},
        ],
        "components": [
            {"name": "Terugleververgoeding", "counts": "export", "unit_rate": "-5.5", "tax": "none"},
            {
                "name": "Terugleverkosten", "counts": "whole-export",
                "scale": {"every": "year", "steps": [{"up_to_kwh": str(edge), "amount": amount} if edge else {"amount": amount} for edge, amount in steps]},
            },
        ],
    }
    kinds = {"energy": energy, "export*": summed(metered, sold, lambda place: F("-5.5")), "fee": {(2025, 1): cost}}
    return case("amsterdam-netting", metered, metered.slots, tariff, kinds, F(21, 100), kwh=sum(use), sold={"modulus": 1499, "from_hour": 9, "to_hour": 17})


def sydney():
    """Australia: exports between ten and three are charged above 6.85 kWh a day, counted by month, and rewarded in the evening; the clock goes back."""
    metered = meter("Australia/Sydney", "2026-03-01", "2026-05-01", 30, 601)
    all_sold = exported(metered, 2003, 9, 19)
    charged, used = [], defaultdict(F)
    for place, slot in enumerate(metered.slots):
        key = month(slot[1])
        limit = F("6.85") * month_days(*key)
        energy = all_sold[place] if 10 <= slot[1].hour < 15 else F(0)
        charged.append(max(F(0), used[key] + energy - limit) - max(F(0), used[key] - limit))
        used[key] += energy
    evening = [energy if 16 <= slot[1].hour < 21 else F(0) for energy, slot in zip(all_sold, metered.slots)]
    tariff = {
        "code": "TWO-WAY", "currency": "AUD", "tax": {"rate": "10%", "name": "GST"}, "unit_rate": "33.4",
        "components": [
            {"name": "Export charge", "counts": "export", "unit_rate": "1.23", "hours": [{"from": "10:00", "to": "15:00"}], "portion": {"every": "month", "from_kwh": "6.85", "per_day": True}},
            {"name": "Export reward", "counts": "export", "unit_rate": "-2.37", "hours": [{"from": "16:00", "to": "21:00"}]},
        ],
    }
    assert sum(charged) > 0
    export = summed(metered, [a * F("1.23") - b * F("2.37") for a, b in zip(charged, evening)])
    kinds = {"energy": summed(metered, [slot[2] for slot in metered.slots], lambda place: F("33.4")), "export": export}
    return case("sydney-two-way", metered, metered.slots, tariff, kinds, F(10, 100), sold={"modulus": 2003, "from_hour": 9, "to_hour": 19})


def athens(every):
    """Exported energy is set off within each day or month, whatever the rate; a grid fee goes by all that is imported, a levy by the net."""
    metered = meter("Europe/Athens", "2026-03-10", "2026-04-20", 60, 809)
    gross, all_sold = [slot[2] for slot in metered.slots], exported(metered, 1601)
    key = lambda place: metered.slots[place][1].date() if every == "day" else month(metered.slots[place][1])
    use, sold = set_off(gross, all_sold, key)
    night = lambda place: inside(metered.slots[place][1], "23:00", "07:00")
    tariff = {
        "code": "NET", "currency": "EUR", "tax": "6%", "netting": {"every": every},
        "bands": [{"from": "23:00", "to": "07:00", "rate": "12.5"}, {"from": "07:00", "to": "23:00", "rate": "17.9"}],
        "components": [
            {"name": "Grid", "unit_rate": "3.1", "counts": "whole-import"},
            {"name": "Levy", "kind": "tax", "unit_rate": "1.7"},
        ],
    }
    kinds = {
        "energy": summed(metered, use, lambda place: F("12.5") if night(place) else F("17.9")),
        "grid_fee": summed(metered, gross, lambda place: F("3.1")),
        "energy_tax": summed(metered, use, lambda place: F("1.7")),
    }
    return case(f"athens-netting-{every}", metered, metered.slots, tariff, kinds, F(6, 100), kwh=sum(use), sold={"modulus": 1601, "from_hour": 9, "to_hour": 17}, by_month=every == "day")


def main():
    cases = [
        berlin("berlin-spring", "2026-03-20", "2026-04-10"),
        berlin("berlin-autumn", "2026-10-20", "2026-11-05"),
        brussels(),
        oslo(False),
        oslo(True),
        stockholm(),
        copenhagen(),
        tokyo(),
        melbourne(),
        paris(),
        minimum(),
        madrid(),
        amsterdam(),
        sydney(),
        athens("day"),
        athens("month"),
    ]
    settle(HERE, cases)


if __name__ == "__main__":
    main()
