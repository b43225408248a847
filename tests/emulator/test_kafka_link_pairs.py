"""Order in which the halves of a pair can be made."""

from tests.emulator.kafka_world import EAST, WEST, Scene


def test_regular_bidirectional_halves_come_in_any_order() -> None:
    """The provider sends remote.link.connection.mode=INBOUND with each OUTBOUND half, the first one too."""
    scene = Scene()
    for here in (EAST, WEST):
        scene.link("bi", here, "BIDIRECTIONAL", remote_link_connection_mode="INBOUND")
    ids = {scene.api.get(here, "/links/bi")["cluster_link_id"] for here in (EAST, WEST)}
    assert len(ids) == 1


def test_two_connecting_halves_need_no_key_of_their_own_cluster_and_take_the_clis_listener() -> None:
    """The vendor's CLI sends `local.listener` with such a half."""
    scene = Scene()
    for here in (EAST, WEST):
        body = scene.configs(here, "BIDIRECTIONAL", local_listener="EXTERNAL")
        kept = [entry for entry in body["configs"] if entry["name"] != "local.sasl.jaas.config"]
        scene.api.post(here, "/links", body | {"configs": kept}, expect=204, link_name="bi")
    assert [scene.api.get(here, "/links/bi")["link_state"] for here in (EAST, WEST)] == ["ACTIVE", "ACTIVE"]
    scene.topic("t", lkc=EAST)
    scene.mirror("t", link="bi")


def test_a_half_through_which_the_other_one_reads_needs_a_key_of_its_own_cluster() -> None:
    scene = Scene()
    scene.link("bi", WEST, "BIDIRECTIONAL", "INBOUND")
    body = scene.configs(EAST, "BIDIRECTIONAL")
    kept = [entry for entry in body["configs"] if entry["name"] != "local.sasl.jaas.config"]
    scene.api.post(EAST, "/links", body | {"configs": kept}, expect=400, link_name="bi")
    scene.api.post(EAST, "/links", body, expect=204, link_name="bi")


def test_source_half_needs_its_inbound_half_first() -> None:
    scene = Scene()
    body = scene.configs(EAST, "SOURCE")
    refused = scene.api.post(EAST, "/links", body, expect=400, link_name="si")
    assert refused["error_code"] == 40002
    scene.link("si", WEST, "DESTINATION", "INBOUND")
    scene.api.post(EAST, "/links", body, expect=204, link_name="si")
