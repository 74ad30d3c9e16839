"""What buyers of other systems complain of, line by line, and the tests that hold ours to better. A line whose tests are gone fails."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent

# The complaint, then where it is tested: file and test.
COMPLAINTS: dict[str, list[str]] = {
    "price: several groups, several lists, an empty context leak or lose a price": [
        "api/test_prices.py::test_a_buyer_in_two_groups_has_both_groups_lists_and_nobody_else_s",
        "api/test_prices.py::test_staff_without_a_customer_see_default_prices_only",
    ],
    "price: listing, product, cart and order disagree": [
        "api/test_order_journey.py::test_list_grid_cart_and_order_agree",
        "api/test_prices.py::test_each_strategy_by_every_door",
    ],
    "price: a contract price cannot be above list": ["api/test_prices.py::test_a_contract_may_be_dearer_than_the_list"],
    "price: a changed price shows hours later": ["api/test_prices.py::test_a_changed_price_shows_on_the_next_request"],
    "price: breaks count one variant only": ["api/test_prices.py::test_breaks_may_count_across_a_style_or_a_price_group"],
    "price: no price shows 0.00": ["api/test_prices.py::test_no_price_is_null_and_on_request_and_never_zero"],
    "price: a future price cannot be asked for": ["api/test_prices.py::test_a_price_of_a_later_day_can_be_asked_for_now"],
    "grid: a flat list, at most two axes": [
        "storefront/test_grid.py::test_a_missing_variant_leaves_a_gap",
        "rules/test_matrix.py::test_any_number_of_axes",
    ],
    "grid: opens at 0 instead of what is in the cart": ["api/test_order_journey.py::test_list_grid_cart_and_order_agree"],
    "grid: typed numbers are ignored until a + is pressed": [
        "journeys/test_browser_grid.py::test_forty_eight_cells_are_typed_by_keyboard_alone_and_seldom_saved",
        "journeys/test_browser_grid.py::test_ctrl_d_fills_down_and_delete_or_zero_clears",
    ],
    "grid: cut at 250 variants in silence": ["api/test_prices.py::test_a_style_of_three_hundred_variants_is_shown_whole"],
    "grid: half a minute to add 500 variants": ["api/test_statements.py::test_filling_and_reading_a_cart_and_ordering_it"],
    "grid: no paste from a spreadsheet": [
        "journeys/test_browser_grid.py::test_a_block_from_a_spreadsheet_fills_a_block_and_one_undo_takes_it_back"
    ],
    "grid: the number is changed in silence": [
        "journeys/test_browser_grid.py::test_a_rule_offers_what_would_do_and_never_changes_the_number"
    ],
    "grid: one style at a time": ["journeys/test_browser_order.py::test_several_styles_stand_on_one_page_and_save_in_one_request"],
    "quick order: rows beyond 50 dropped without a word": [
        "api/test_set_cart_lines.py::test_five_thousand_rows_are_taken_and_one_more_is_bad_input",
        "storefront/test_quick_order.py::test_the_check_changes_nothing_and_answers_every_line_by_its_number",
    ],
    "quick order: variant SKUs refused": [
        "api/test_set_cart_lines.py::test_a_number_is_a_sku_a_gtin_or_the_buyer_s_own_in_any_spelling"
    ],
    "quick order: the same variant from two doors makes two lines": [
        "api/test_set_cart_lines.py::test_rows_that_are_summed_may_come_by_variant_or_by_number"
    ],
    "quick order: CSV refused by its MIME type": [
        "storefront/test_quick_order.py::test_a_file_from_a_spreadsheet_is_read_whatever_its_letters"
    ],
    "quick order: a second paste does not add": ["api/test_set_cart_lines.py::test_add_adds_to_what_is_there"],
    "cart: seconds per change at 200 lines": ["api/test_statements.py::test_filling_and_reading_a_cart_and_ordering_it"],
    "cart: an old cart orders what is no longer in the assortment": [
        "api/test_place_order.py::test_an_item_that_left_the_assortment_after_it_was_put_in_the_cart"
    ],
    "reorder: hidden or failed as a whole if one item is gone": [
        "api/test_reorder.py::test_every_line_of_a_reorder_says_what_became_of_it"
    ],
    "reorder: no preview": ["storefront/test_quick_order.py::test_reorder_shows_each_line_before_and_adds_once"],
    "orders: the header arrives before its lines": ["api/test_place_order.py::test_either_all_orders_of_a_cart_or_none"],
    "rights: hidden products leak into counts and grids": [
        "house/test_tenancy.py::test_counts_facets_and_search_tell_nothing_of_what_is_hidden",
        "api/test_order_journey.py::test_another_company_sees_none_of_it",
    ],
    "rights: other reps' accounts are shown": ["house/test_tenancy.py::test_queries_answer_to_each_viewer_what_is_hers"],
}


@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_every_complaint_has_its_tests(complaint: str) -> None:
    for place in COMPLAINTS[complaint]:
        file, _, name = place.partition("::")
        assert re.search(rf"def {name}\(", (TESTS / file).read_text()), place
