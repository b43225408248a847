"""Order in which the halves of a pair can be made."""

from tests.emulator.kafka_world import EAST, WEST, Scene


def test_regular_bidirectional_halves_come_in_any_order() -> None:
    """The provider sends remote.link.connection.mode=INBOUND with each OUTBOUND half, the first one too."""
    scene = Scene()
    for here in (EAST, WEST):
        scene.link("bi", here, "BIDIRECTIONAL", remote_link_connection_mode="INBOUND")
    ids = {scene.api.get(here, "/links/bi")["cluster_link_id"] for here in (EAST, WEST)}
    assert len(ids) == 1


def test_source_half_needs_its_inbound_half_first() -> None:
    scene = Scene()
    body = scene.configs(EAST, "SOURCE")
    refused = scene.api.post(EAST, "/links", body, expect=400, link_name="si")
    assert refused["error_code"] == 40002
    scene.link("si", WEST, "DESTINATION", "INBOUND")
    scene.api.post(EAST, "/links", body, expect=204, link_name="si")
