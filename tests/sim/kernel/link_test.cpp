#include "sim/kernel/link.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {
Now at(Time time) { return {time / 10, time}; }
} // namespace

TEST_CASE("a message is seen at its arrival and not before") {
    Link<int> link("a->b", 100, 50, 4);
    Tx<int> tx(link);
    Rx<int> rx(link);
    tx.send(at(10), 7);
    CHECK(rx.next_arrival() == 110);
    CHECK(rx.peek(at(109)) == nullptr);
    REQUIRE(rx.peek(at(110)) != nullptr);
    CHECK(*rx.peek(at(110)) == 7);
}

TEST_CASE("room comes back with a credit, after the credit latency") {
    Link<int> link("a->b", 100, 50, 2);
    Tx<int> tx(link);
    Rx<int> rx(link);
    tx.send(at(0), 1);
    tx.send(at(0), 2);
    CHECK_FALSE(tx.can_send(at(1)));
    CHECK(tx.next_credit() == kNoTime);
    rx.pop(at(100));
    CHECK(tx.next_credit() == 150);
    CHECK_FALSE(tx.can_send(at(149)));
    CHECK(tx.can_send(at(150)));
    tx.send(at(150), 3);
    CHECK(*rx.peek(at(150)) == 2); // order is kept
}

TEST_CASE("sending without credit is a bug that names the link") {
    Link<int> link("a->b", 100, 50, 1);
    Tx<int> tx(link);
    tx.send(at(0), 1);
    CHECK_THROWS_AS(tx.send(at(1), 2), InternalError);
    CHECK_THROWS_WITH(tx.send(at(1), 2), Catch::Contains("a->b"));
}

TEST_CASE("a link without latency or room is refused") {
    CHECK_THROWS_AS((Link<int>("x", 0, 1, 1)), InternalError);
    CHECK_THROWS_AS((Link<int>("x", 1, 1, 0)), InternalError);
}
