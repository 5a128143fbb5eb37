"""A loop without a framework: tomorrow's rates as they come out, then a washing machine in the cheapest two hours of the night.

The same body fits AppDaemon: call `plan` from a daily callback and `run_at(switch_on, found.best.start)`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import kwhen
from kwhen.fetch import AsyncClient

LONDON = ZoneInfo("Europe/London")
TARIFF = "E-1R-AGILE-24-10-01-C"


async def plan(client: AsyncClient, now: datetime) -> kwhen.Window | None:
    """The cheapest two hours of the night to come, if its rates are known."""
    rates = await client.unit_rates(TARIFF, now, now + timedelta(days=2))
    midday = now.astimezone(LONDON).replace(hour=12, minute=0, second=0, microsecond=0)
    return kwhen.cheapest(rates, "2h", during=(now, midday + timedelta(days=1)), within="20:00..07:00").best


async def main() -> None:
    """Plans every evening at 16:30, waits, switches."""
    async with AsyncClient() as client:
        while True:
            now = datetime.now(timezone.utc).replace(microsecond=0)
            try:
                window = await plan(client, now)
            except kwhen.FetchError as error:
                print(f"tried again in ten minutes: {error}")
                await asyncio.sleep(600)
                continue
            if window is not None:
                await asyncio.sleep((window.start - now).total_seconds())
                print(f"on until {window.end.astimezone(LONDON):%H:%M}, at {window.average_minor_per_kwh} p/kWh")
            await asyncio.sleep(12 * 3600)


if __name__ == "__main__":
    asyncio.run(main())
