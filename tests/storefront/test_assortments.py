"""The seller's pages for assortments and for her own people: what is sent, and what stands beside a refused field."""

from typing import Any

import pytest

from storefront.pages.staff.assortments import rule_name
from tests.storefront.canned import CannedApi, browser
from tests.storefront.test_staff import shell

RULES = [
    {"includes": True, "brandId": "brand.1", "categoryId": None, "productId": None, "variantId": None, "label": "Northline"},
    {"includes": False, "brandId": None, "categoryId": "category.2", "productId": None, "variantId": None, "label": "Gloves"},
    {"includes": False, "brandId": None, "categoryId": None, "productId": None, "variantId": "variant.3", "label": "GL-9"},
]
RECORD = {
    "__typename": "Assortment",
    "id": "assortment.1",
    "version": 3,
    "code": "WORK",
    "name": "Workwear",
    "isDefault": False,
    "productCount": 12,
    "rules": RULES,
    "audiences": [{"companyId": "company.1", "groupId": None, "locationId": None, "label": "Harbour"}],
}
PARTS = {
    "assortments": {"nodes": [{"id": "assortment.1", "name": "Workwear"}, {"id": "assortment.2", "name": "Shoes"}]},
    "brandRecords": [{"id": "brand.1", "name": "Northline"}],
    "categoryRecords": [{"id": "category.2", "name": "Gloves", "slug": "gloves", "parentId": None}],
    "companyGroups": [{"id": "group.1", "code": "KEY", "name": "Key accounts"}],
}
KEPT: list[dict[str, Any]] = [
    {"includes": True, "brandId": "brand.1"},
    {"includes": False, "categoryId": "category.2"},
    {"includes": False, "variantId": "variant.3"},
]
GLOVE = {
    "id": "product.9",
    "name": "Glove",
    "variants": [{"id": "variant.8", "sku": "GL-9-L"}, {"id": "variant.9", "sku": "GL-9-S"}],
}
DONE = {"__typename": "Assortment", "id": "assortment.1"}
PEOPLE = [
    {"id": "user.1", "role": "ADMIN", "isActive": True, "invited": False, "user": {"name": "Ada", "email": "ada@shop.example"}},
    {"id": "user.2", "role": "WAREHOUSE", "isActive": False, "invited": True, "user": {"name": "Bo", "email": "bo@shop.example"}},
]


def api(role: str = "ADMIN", **answers: Any) -> CannedApi:
    return CannedApi(Frame=shell(role), Assortment={**shell(role), "node": RECORD, **PARTS}, **answers)


async def test_an_assortment_says_what_it_shows_and_who_sees_it():
    async with browser(api()) as client:
        page = (await client.get("/staff/assortments/assortment.1")).text
    for said in (
        "shows 12 products",
        "Northline",
        "hides",
        "category, with all below it",
        "one variant",
        "Remove",
        "Key accounts",
    ):
        assert said in page, said


async def test_who_keeps_no_companies_is_not_asked_to_see_their_groups():
    canned = api("MARKETING")
    async with browser(canned) as client:
        await client.get("/staff/assortments/assortment.1")
    assert canned.variables_of("Assortment")["groups"] is False


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({"includes": "show", "categoryId": "category.2"}, {"includes": True, "categoryId": "category.2"}),
        ({"includes": "hide", "sku": "GL-9-S"}, {"includes": False, "productId": "product.9"}),
        ({"includes": "show", "variantSku": "GL-9-S"}, {"includes": True, "variantId": "variant.9"}),
        ({"includes": "show"}, {"includes": True}),
    ],
    ids=["category", "product", "variant", "everything"],
)
async def test_a_rule_is_added_beside_those_that_are_there(form: dict[str, str], rule: dict[str, Any]):
    canned = api(SaveAssortment={"saveAssortment": DONE}, ProductNumbered={"product": GLOVE})
    async with browser(canned) as client:
        answer = await client.post("/staff/assortments/assortment.1", data={"do": "added", **form})
    sent = canned.variables_of("SaveAssortment")["input"]
    nothing = {"brandId": None, "categoryId": None}
    assert sent == {"code": "WORK", "rules": [*KEPT, nothing | rule], "expectedVersion": 3}
    assert answer.headers["location"] == "/staff/assortments/assortment.1?done=added"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"brandId": "brand.1", "categoryId": "category.2"}, "Choose one of brand, category, product and variant."),
        ({"sku": "NO-SUCH"}, "No product that is sold has this number."),
        ({"variantSku": "NO-SUCH"}, "No product that is sold has this number."),
    ],
)
async def test_a_rule_that_cannot_be_stands_as_it_was_typed(form: dict[str, str], said: str):
    canned = api(ProductNumbered={"product": None})
    async with browser(canned) as client:
        answer = await client.post("/staff/assortments/assortment.1", data={"do": "added", "includes": "hide", **form})
    assert answer.status_code == 422
    assert said in answer.text
    assert '<option value="hide" selected>' in answer.text
    assert "SaveAssortment" not in [name for name, _ in canned.asked]


async def test_the_rule_that_is_taken_out_is_named_by_what_it_says():
    canned = api(SaveAssortment={"saveAssortment": DONE})
    async with browser(canned) as client:
        await client.post("/staff/assortments/assortment.1", data={"do": "dropped", "rule": "hide:category.2"})
    assert canned.variables_of("SaveAssortment")["input"]["rules"] == [KEPT[0], KEPT[2]]
    rules: list[dict[str, Any]] = [*KEPT, {"includes": True}]
    assert [rule_name(rule) for rule in rules] == [
        "show:brand.1",
        "hide:category.2",
        "hide:variant.3",
        "show:everything",
    ]


async def test_a_code_that_is_taken_changes_nothing():
    taken = {"__typename": "InvalidInput", "message": "There is an assortment WORK already.", "path": ["input", "code"]}
    canned = CannedApi(Frame=shell("ADMIN"), SaveAssortment={"saveAssortment": taken})
    async with browser(canned) as client:
        answer = await client.post("/staff/assortments/new", data={"code": "WORK", "name": "Other"})
    assert answer.status_code == 422
    assert '<span class="hint" id="assortment-code-wrong">There is an assortment WORK already.</span>' in answer.text
    assert canned.variables_of("SaveAssortment")["onlyNew"] is True


@pytest.mark.parametrize(("count", "ticked"), [(0, True), (2, False)])
async def test_the_first_assortment_is_offered_as_the_one_for_everybody(count: int, ticked: bool):
    found = {"assortments": {"totalCount": count, "pageInfo": {}, "nodes": []}}
    canned = CannedApi(Frame=shell("ADMIN"), Assortments={**shell("ADMIN"), **found}, SaveAssortment={"saveAssortment": DONE})
    async with browser(canned) as client:
        page = (await client.get("/staff/assortments/new")).text
        await client.post("/staff/assortments/new", data={"code": "ALL", "name": "All", "isDefault": "1"})
    assert ('value="1" checked' in page) is ticked
    assert canned.variables_of("SaveAssortment")["input"] == {"code": "ALL", "name": "All", "isDefault": True, "rules": []}


async def test_an_assortment_is_given_to_one_and_to_no_other_at_once():
    canned = api(AssignAssortment={"assignAssortment": DONE})
    async with browser(canned) as client:
        await client.post("/staff/assortments/assortment.1", data={"do": "assign", "companyId": "company.1"})
        answer = await client.post("/staff/assortments/assortment.1", data={"do": "assign", "groupId": ""})
    assert canned.variables_of("AssignAssortment") == {"id": "assortment.1", "audience": {"companyId": "company.1"}}
    assert "Choose a group." in answer.text


IN_USE = {
    "__typename": "InUse",
    "message": "This assortment is in use by 1 company (Harbour).",
    "successor": "successorId",
    "mayProceed": False,
}


async def test_who_is_affected_is_said_and_a_successor_is_offered_before_anything_goes():
    canned = api(DeleteAssortment={"deleteAssortment": IN_USE}, UnassignAssortment={"unassignAssortment": IN_USE})
    async with browser(canned) as client:
        held = await client.post("/staff/assortments/assortment.1", data={"do": "deleted"})
        taken = await client.post("/staff/assortments/assortment.1", data={"do": "unassign", "companyId": "company.1"})
        canned.answers["DeleteAssortment"] = {"deleteAssortment": {"__typename": "Deleted"}}
        gone = await client.post("/staff/assortments/assortment.1", data={"do": "deleted", "successor": "assortment.2"})
    for answer in (held, taken):
        assert answer.status_code == 422
        assert "in use by 1 company (Harbour)" in answer.text
        assert '<option value="assortment.2">Shoes</option>' in answer.text
        assert '<option value="assortment.1">' not in answer.text
    assert 'name="companyId" value="company.1"' in taken.text
    assert canned.variables_of("DeleteAssortment") == {"id": "assortment.1", "successorId": "assortment.2"}
    assert gone.headers["location"] == "/staff/assortments?done=deleted"


async def test_people_are_listed_with_role_and_state():
    async with browser(CannedApi(StaffUsers={**shell("ADMIN"), "staffUsers": PEOPLE})) as client:
        page = (await client.get("/staff/people")).text
        missing = await client.get("/staff/people/user.9")
    assert all(said in page for said in ("Ada", "Administrator", "Bo", "Warehouse", "may not come in"))
    assert missing.status_code == 404


async def test_somebody_is_invited_and_a_refusal_stands_beside_the_field():
    refused = {"__typename": "InvalidInput", "message": "That address is taken.", "path": ["input", "email"]}
    canned = CannedApi(StaffUsers={**shell("ADMIN"), "staffUsers": PEOPLE}, CreateStaffUser={"createStaffUser": refused})
    form = {"email": "ada@shop.example", "name": "Ada", "role": "FINANCE"}
    async with browser(canned) as client:
        answer = await client.post("/staff/people/new", data=form)
        unknown = await client.post("/staff/people/new", data=form | {"role": "BUYER"})
    assert canned.variables_of("CreateStaffUser") == {"input": form}
    assert (answer.status_code, "That address is taken." in answer.text) == (422, True)
    assert "Choose a role." in unknown.text


async def test_somebody_is_closed_and_keeps_her_role():
    canned = CannedApi(UpdateStaffUser={"updateStaffUser": {"__typename": "StaffUser", "id": "user.1"}})
    async with browser(canned) as client:
        answer = await client.post("/staff/people/user.1", data={"name": "Ada", "role": "ADMIN"})
    assert canned.variables_of("UpdateStaffUser") == {"id": "user.1", "input": {"name": "Ada", "role": "ADMIN", "isActive": False}}
    assert answer.headers["location"] == "/staff/people?done=saved"
