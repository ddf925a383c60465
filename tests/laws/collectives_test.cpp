#include "mlsysim/laws/collectives.hpp"

#include <doctest/doctest.h>

#include "mlsysim/laws/original_collectives.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("point to point: 1 MB over 50 GB/s takes 20 us and the latency") {
  CHECK(point_to_point_time(1.0 * MB, 50.0 * (GB / s), 3.0 * us).in(us) == near(23.0));
}

TEST_CASE("ring all-reduce: 1 GB over 8 devices at 50 GB/s and 500 ns takes 35.007 ms") {
  // 2 x 7/8 x 1 GB / 50 GB/s = 35 ms; 14 x 500 ns = 7 us
  CHECK(ring_all_reduce_time(1.0 * GB, 8.0, 50.0 * (GB / s), 500.0 * ns).in(ms) == near(35.007));
}

TEST_CASE("ring all-reduce is a reduce-scatter and an all-gather, and nothing for one device") {
  for (const double n : {1.0, 2.0, 7.0, 8.0, 1000.0}) {
    const auto scatter = ring_reduce_scatter_time(3.0 * GB, n, 25.0 * (GB / s), 4.0 * us);
    const auto gather = ring_all_gather_time(3.0 * GB, n, 25.0 * (GB / s), 4.0 * us);
    CHECK(ring_all_reduce_time(3.0 * GB, n, 25.0 * (GB / s), 4.0 * us).in(s) == near((scatter + gather).in(s)));
  }
  CHECK(ring_all_reduce_time(3.0 * GB, 1.0, 25.0 * (GB / s), 4.0 * us).in(s) == 0.0);
}

TEST_CASE("tree all-reduce: the bytes of a ring without end and 2 x 10 latencies over 1,024 devices") {
  // 2 x 1 GB / 50 GB/s = 40 ms; 20 x 3 us = 60 us. A ring: 2 x 1023/1024 x 20 ms = 39.961 ms, but 2,046 x 3 us = 6.138 ms.
  CHECK(tree_all_reduce_time(1.0 * GB, 1024.0, 50.0 * (GB / s), 3.0 * us).in(ms) == near(40.06));
  CHECK(ring_all_reduce_time(1.0 * GB, 1024.0, 50.0 * (GB / s), 3.0 * us).in(ms) ==
        near(2 * 1023. / 1024 * 20 + 6.138));
  CHECK(tree_all_reduce_time(1.0 * GB, 1.0, 50.0 * (GB / s), 3.0 * us).in(ms) == 0.0);
  CHECK(tree_all_reduce_time(0.0 * GB, 1000.0, 50.0 * (GB / s), 3.0 * us).in(us) ==
        near(60.0));  // ceil(log2 1000) = 10
}

TEST_CASE("hierarchical all-reduce: 16 GB over 2 nodes of 8 take 102.2 ms, inside once in each direction") {
  // inside: 2 x 7/8 x 16 GB / 450 GB/s = 62.222 ms, 14 x 1 us; between: 2 x 1/2 x 2 GB / 50 GB/s = 40 ms, 2 x 3 us
  const auto t =
      hierarchical_all_reduce_time(16.0 * GB, 8.0, 2.0, 450.0 * (GB / s), 1.0 * us, 50.0 * (GB / s), 3.0 * us);
  CHECK(t.in(ms) == near(2 * 0.875 * 16 / 450 * 1e3 + 40 + 0.014 + 0.006));  // 102.242 ms
  // With one node it is a ring, and with one device a node too.
  CHECK(
      hierarchical_all_reduce_time(1.0 * GB, 8.0, 1.0, 450.0 * (GB / s), 1.0 * us, 50.0 * (GB / s), 3.0 * us).in(ms) ==
      near(ring_all_reduce_time(1.0 * GB, 8.0, 450.0 * (GB / s), 1.0 * us).in(ms)));
  CHECK(
      hierarchical_all_reduce_time(1.0 * GB, 1.0, 8.0, 450.0 * (GB / s), 1.0 * us, 50.0 * (GB / s), 3.0 * us).in(ms) ==
      near(ring_all_reduce_time(1.0 * GB, 8.0, 50.0 * (GB / s), 3.0 * us).in(ms)));
}

TEST_CASE("a hierarchical reduce-scatter takes half of the all-reduce") {
  const auto all =
      hierarchical_all_reduce_time(16.0 * GB, 8.0, 4.0, 450.0 * (GB / s), 1.0 * us, 50.0 * (GB / s), 3.0 * us);
  const auto half =
      hierarchical_reduce_scatter_time(16.0 * GB, 8.0, 4.0, 450.0 * (GB / s), 1.0 * us, 50.0 * (GB / s), 3.0 * us);
  CHECK((half + half).in(ms) == near(all.in(ms)));
}

TEST_CASE(
    "the original's hierarchical all-reduce of 16.06 GB over 2 nodes of 8 takes 102.63 ms: twice the bytes inside") {
  // inside twice 2 x 7/8 x 16.06 GB / 900 GB/s = 62.456 ms and 28 x 500 ns; between 2 x 1/2 x 2.0075 GB / 50 GB/s = 40.15 ms, 2 x 5 us
  CHECK(original::hierarchical_all_reduce_time(16.06 * GB, 8.0, 2.0, 900.0 * (GB / s), 500.0 * ns, 50.0 * (GB / s),
                                               5.0 * us)
            .in(ms) == near(102.62955555555556));
}

TEST_CASE("the original's tree passes the whole message on at each level: 6 x 20 ms over 8 devices") {
  CHECK(original::tree_all_reduce_time(1.0 * GB, 8.0, 50.0 * (GB / s), 500.0 * ns).in(ms) == near(120.003));
}

TEST_CASE("all-to-all: 64 MB over 8 devices at 50 GB/s take 1.12 ms and 7 latencies") {
  CHECK(all_to_all_time(64.0 * MB, 8.0, 50.0 * (GB / s), 3.0 * us).in(ms) == near(1.12 + 0.021));
}

TEST_CASE(
    "bisection: 64 nodes on a ring get an eighth of their bandwidth, half of a fat tree's links are more than enough") {
  CHECK(bisection_share(2.0, 64.0) == 0.125);   // 4 x 2 / 64
  CHECK(bisection_share(32.0, 64.0) == 1.0);    // a fat tree carries what half of the nodes send
  CHECK(bisection_share(32.0, 512.0) == 0.25);  // 4 x 32 / 512
}

TEST_CASE("pipeline: 4 stages and 1 microbatch wait 3 times as long as they work, 0.75 of the whole") {
  CHECK(pipeline_bubble_ratio(4.0, 1.0, 1.0) == 3.0);
  CHECK(pipeline_bubble_share(4.0, 1.0, 1.0) == 0.75);
  CHECK(pipeline_bubble_ratio(4.0, 8.0, 1.0) == 0.375);
  CHECK(pipeline_bubble_share(4.0, 8.0, 1.0) == near(3. / 11));
  CHECK(pipeline_bubble_ratio(4.0, 8.0, 2.0) == 0.1875);  // interleaved in 2 chunks
  CHECK(pipeline_bubble_share(1.0, 8.0, 2.0) == 0.0);
}
