"""`octopus-energy` and `aiooctopusenergy` against the stand-in whose address is given."""

import asyncio
import sys
from datetime import datetime, timedelta, timezone

import aiooctopusenergy
import aiooctopusenergy.client
import aiooctopusenergy.graphql_client
import octopus_energy
from furl import furl
from octopus_energy import Aggregate, EnergyTariffType, EnergyType, MeterDirection, RateType, SortOrder

KEY, ACCOUNT = "sk_test_fake", "A-12AB34CD"
MPAN, METER, MPRN, GAS_METER = "2000024512368", "Z16N389556", "9113681703", "GA1244364577"
AGILE, ECONOMY_7 = "E-1R-AGILE-24-10-01-C", "E-2R-VAR-22-11-01-C"
FROM = datetime(2026, 2, 1, tzinfo=timezone.utc)
DAY = {"period_from": FROM, "period_to": FROM + timedelta(days=1)}


async def octopus_energy_reads(url: str) -> None:
    async with octopus_energy.OctopusEnergyRestClient(KEY, base_url=url) as rest:
        products = await rest.get_products_v1()
        assert [row["code"] for row in products["results"]] == ["AGILE-24-10-01", "VAR-22-11-01"], products
        assert (await rest.get_products_v1(is_business=True))["count"] == 0
        product = await rest.get_product_v1("VAR-22-11-01", FROM)
        economy = product["dual_register_electricity_tariffs"]["_C"]["direct_debit_monthly"]
        assert (economy["code"], economy["day_unit_rate_exc_vat"], economy["night_unit_rate_exc_vat"]) == (ECONOMY_7, 25.31, 14.12)
        assert (await rest.get_electricity_meter_points_v1(MPAN))["gsp"] == "_H"
        half_hours = await rest.get_electricity_consumption_v1(MPAN, METER, page_size=100, **DAY)
        by_day = await rest.get_electricity_consumption_v1(MPAN, METER, group_by=Aggregate.DAY, **DAY)
        assert (half_hours["count"], by_day["count"]) == (48, 1)
        total = sum(row["consumption"] for row in half_hours["results"])
        assert round(total - by_day["results"][0]["consumption"], 9) == 0
        for kind in (RateType.DAY_UNIT_RATES, RateType.NIGHT_UNIT_RATES, RateType.STANDING_CHARGES):
            rates = await rest.get_tariff_v1("VAR-22-11-01", EnergyTariffType.ELECTRICITY, ECONOMY_7, kind, period_from=FROM)
            assert rates["count"] == 2, rates
        # It asks for the oldest first under a name that the service does not know.
        newest = await rest.get_electricity_consumption_v1(MPAN, METER, order=SortOrder.OLDEST_FIRST, **DAY)
        assert newest["results"][0]["interval_start"] == "2026-02-01T23:30:00Z"

    async with octopus_energy.OctopusEnergyConsumerClient(KEY) as client:
        client.rest_client.base_url = furl(url)
        meters = await client.get_meters(ACCOUNT)
        kinds = [(meter.energy_type, getattr(meter, "direction", None)) for meter in meters]
        assert kinds == [(EnergyType.ELECTRICITY, MeterDirection.IMPORT)] * 2 + [
            (EnergyType.ELECTRICITY, MeterDirection.EXPORT), (EnergyType.GAS, None)], kinds
        used = [await client.get_consumption(meter, **DAY) for meter in meters]
        assert [len(one.intervals) for one in used] == [0, 48, 48, 48]
        assert len({tuple(interval.consumed_units for interval in one.intervals) for one in used}) == 4
        prices = await client.get_daily_flexible_rate_pricing(
            "AGILE-24-10-01", AGILE, EnergyTariffType.ELECTRICITY, RateType.STANDARD_UNIT_RATES, FROM)
        assert len(prices) == 48


async def aiooctopusenergy_reads(url: str) -> None:
    aiooctopusenergy.client.BASE_URL = url
    aiooctopusenergy.graphql_client.GRAPHQL_URL = f"{url}/v1/graphql/"
    async with aiooctopusenergy.OctopusEnergyClient(KEY) as client:
        account = await client.get_account(ACCOUNT)
        points = account.properties[0].electricity_meter_points
        assert [(point.mpan, point.is_export) for point in points] == [(MPAN, False), ("1013004420117", True)]
        assert account.properties[0].gas_meter_points[0].agreements[0].tariff_code == "G-1R-VAR-22-11-01-C"
        readings = await client.get_electricity_consumption(MPAN, METER, order_by="period", page_size=20, **DAY)
        assert len(readings) == 48 and readings[0].interval_start == FROM
        gas = await client.get_gas_consumption(MPRN, GAS_METER, group_by="day", **DAY)
        assert len(gas) == 1 and gas[0].interval_end - gas[0].interval_start == timedelta(days=1)
        assert len(await client.get_electricity_rates("AGILE-24-10-01", AGILE, **DAY)) == 48
        assert len(await client.get_electricity_day_rates("VAR-22-11-01", ECONOMY_7, **DAY)) == 2
        assert len(await client.get_electricity_night_rates("VAR-22-11-01", ECONOMY_7, **DAY)) == 2
        assert len(await client.get_electricity_standing_charges("AGILE-24-10-01", AGILE)) == 1
        assert len(await client.get_gas_rates("VAR-22-11-01", "G-1R-VAR-22-11-01-C", **DAY)) == 2
        assert len(await client.get_products(is_variable=True, brand="OCTOPUS_ENERGY", available_at=FROM)) == 2
        detail = await client.get_product_detail("VAR-22-11-01")
        assert len(detail.single_register_electricity_tariffs) == len(detail.dual_register_electricity_tariffs) == 14
        assert detail.dual_register_electricity_tariffs["_C"].night_unit_rate_exc_vat == 14.12
        assert [point.group_id for point in await client.get_grid_supply_points("W1A1AA")] == ["_C"]
        try:
            await client.get_account("A-FFFFFFFF")
            raise AssertionError("an account that is not there")
        except aiooctopusenergy.OctopusEnergyNotFoundError:
            pass

    async with aiooctopusenergy.OctopusEnergyGraphQLClient(KEY) as client:
        query = "query Own($number: String!) { own: account(accountNumber: $number) { number status } }"
        data = await client._execute(query, variables={"number": ACCOUNT})
        assert data == {"own": {"number": ACCOUNT, "status": "ACTIVE"}}, data
    try:
        async with aiooctopusenergy.OctopusEnergyGraphQLClient("another") as client:
            await client._execute(query, variables={"number": ACCOUNT})
        raise AssertionError("another key")
    except aiooctopusenergy.OctopusEnergyAuthenticationError:
        pass


asyncio.run(octopus_energy_reads(sys.argv[1]))
print("octopus-energy 0.1.14 reads the stand-in")
asyncio.run(aiooctopusenergy_reads(sys.argv[1]))
print("aiooctopusenergy 0.4.5 reads the stand-in")
