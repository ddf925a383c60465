#pragma once
// Wall 8: samples come from storage over links to the device; where the slowest brings less than the device takes, it waits.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/laws/input_pipeline.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

enum class DataBottleneck { storage, network, host_link, reads, interconnect };
template <>
struct Words<DataBottleneck> {
  static constexpr const char* all[] = {"Storage", "Network", "Host link", "Reads in flight", "Interconnect"};
};

template <class T>
struct DataQuery {
  Bandwidth<T> workload_data_rate{std::numeric_limits<double>::quiet_NaN()};
  Accelerator<T> hardware;
  Storage<T> storage;
  T storage_units = 1.0, readers = 1.0;
  Fabric<T> fabric;
  Dataset<T> dataset;
  Frequency<T> sample_rate{std::numeric_limits<double>::quiet_NaN()};
  Data<T> sample_size_bytes{std::numeric_limits<double>::quiet_NaN()};
  T expansion = 1.0;
  T reads_in_flight{std::numeric_limits<double>::quiet_NaN()};
  Data<T> read_size{1048576.0};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v("workload_data_rate", q.workload_data_rate, GB / s, at_least(0),
      "stored bytes a second that the device takes when it never waits (not stated: sample_rate x sample size)");
    v.entity("hardware", "accelerator", q.hardware, "the device that is fed");
    v.entity("storage", "storage", q.storage, "where the samples are (not named: the device's own storage)", optional);
    v("storage_units", q.storage_units, one, count_from(1),
      "drives, appliances or TiB of the storage named, read side by side");
    v("readers", q.readers, one, count_from(1), "devices that share the storage named, each with the same demand");
    v.entity("fabric", "fabric", q.fabric,
             "what joins the device's node to storage that is not in it: a port for each device", optional);
    v.entity("dataset", "dataset", q.dataset, "samples whose size counts where sample_size_bytes is not stated",
             optional);
    v("sample_rate", q.sample_rate, per_s, at_least(0), "samples a second that the device takes when it never waits");
    v("sample_size_bytes", q.sample_size_bytes, KB, above(0), "bytes of one sample as stored");
    v("expansion", q.expansion, one, above(0),
      "bytes over the host link for each byte stored: above 1 where samples are decoded on the host");
    v("reads_in_flight", q.reads_in_flight, one, count_from(1),
      "reads that one device has outstanding (not stated: as many as it takes)");
    v("read_size", q.read_size, KiB, above(0), "bytes of one read");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct DataResult {
  Flag<T> is_stalled;
  T utilization{};
  Bandwidth<T> demand_bw, supply_bw;
  Answer<T, DataBottleneck> bottleneck;
  Bandwidth<T> margin;
  T stall_share{}, slowdown_factor{};
  Bandwidth<T> storage_bw, network_bw, host_link_bw, reads_bw;
  T reads_needed{};
  Data<T> prefetch_bytes;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("is_stalled", r.is_stalled, "the device waits for data");
    v("utilization", r.utilization, one, any, "demand over supply; above 1 the device waits");
    v("demand_bw", r.demand_bw, GB / s, any, "stored bytes a second that it takes when it never waits");
    v("supply_bw", r.supply_bw, GB / s, any, "what the slowest link brings");
    v("bottleneck", r.bottleneck, "the slowest link");
    v("margin", r.margin, GB / s, any, "supply less demand; negative where the device waits");
    v("stall_share", r.stall_share, one, any, "share of the time that the device waits, with prefetching");
    v("slowdown_factor", r.slowdown_factor, one, any, "step time over that of a device that never waits");
    v("storage_bw", r.storage_bw, GB / s, any,
      "the storage's share of one device (infinite: its source states no limit)");
    v("network_bw", r.network_bw, GB / s, any, "a port of the fabric (infinite: local storage)");
    v("host_link_bw", r.host_link_bw, GB / s, any, "the host link, in stored bytes");
    v("reads_bw", r.reads_bw, GB / s, any, "what the reads in flight bring (infinite: as many as it takes)");
    v("reads_needed", r.reads_needed, one, any, "reads to have in flight so that latency never shows (Little's law)");
    v("prefetch_bytes", r.prefetch_bytes, MB, any, "what those hold: the least depth of prefetching");
  }
};

template <class T>
DataResult<T> evaluate(const DataQuery<T>& q) {
  const T yes = 1.0, no = 0.0, infinite = named(T(std::numeric_limits<double>::infinity()), "no limit");
  const Bandwidth<T> unlimited{infinite}, nothing{no};
  const auto word = [](DataBottleneck b) { return T(static_cast<double>(static_cast<int>(b))); };
  DataResult<T> r;
  const Data<T> sample = first_stated(q.sample_size_bytes, q.dataset.size / q.dataset.samples);
  r.demand_bw = first_stated(q.workload_data_rate, Bandwidth<T>{q.sample_rate.base * sample.base});

  const Time<T> latency =
      first_stated(q.storage.latency, named(Time<T>{T(1e-4)}, "latency of a local drive (none stated)"));
  const Bandwidth<T> stream = first_stated(q.storage.stream_bandwidth, unlimited);
  if (q.assumptions.ingestion == Basis::original) {
    const Bandwidth<T> links = first_stated(q.hardware.scale_up * T(2.0), nothing);
    r.storage_bw = first_stated(q.hardware.storage, nothing);
    r.network_bw = unlimited;
    r.host_link_bw = links;
    r.reads_bw = unlimited;
    r.supply_bw = min(r.storage_bw, links);
    const T stored = select(r.storage_bw < links, word(DataBottleneck::storage), word(DataBottleneck::interconnect));
    r.bottleneck = {select(nothing < r.supply_bw, stored, word(DataBottleneck::interconnect))};
  } else {
    const bool local = q.storage.tier == StorageTier::local;
    const Bandwidth<T> shared = q.storage.read_bandwidth * q.storage_units / q.readers;
    const Bandwidth<T> otherwise = q.storage.tier == StorageTier::object_store ? unlimited
                                   : local                                     ? q.hardware.storage
                                                                               : shared;
    r.storage_bw = first_stated(shared, otherwise);
    r.network_bw = local ? unlimited : q.fabric.bandwidth;
    r.host_link_bw = q.hardware.host_link / q.expansion;
    r.reads_bw = concurrent_read_bandwidth(first_stated(q.reads_in_flight, infinite), q.read_size, latency, stream);
    r.supply_bw = min(min(r.storage_bw, r.network_bw), min(r.host_link_bw, r.reads_bw));
    const T link = select(r.host_link_bw <= r.supply_bw, word(DataBottleneck::host_link), word(DataBottleneck::reads));
    const T far = select(r.network_bw <= r.supply_bw, word(DataBottleneck::network), link);
    r.bottleneck = {select(r.storage_bw <= r.supply_bw, word(DataBottleneck::storage), far)};
  }
  r.utilization = select(nothing < r.supply_bw, r.demand_bw / r.supply_bw, infinite);
  r.is_stalled = {select(r.utilization <= yes, no, yes)};
  r.margin = r.supply_bw - r.demand_bw;
  r.stall_share = stall_share(r.supply_bw, r.demand_bw);
  r.slowdown_factor = max(yes, r.utilization);
  r.reads_needed = ceil(reads_in_flight(r.demand_bw, q.read_size, latency, stream));
  r.prefetch_bytes = r.reads_needed * q.read_size;
  return r;
}

struct DataWall : Declares<DataQuery, DataResult, 8> {
  static constexpr auto
      name = "data",
      python = "DataModel", signature = "workload_data_rate, hardware",
      doc = "Whether storage and links bring samples as fast as a device takes them, and how long it waits.";

  static void refuse(const DataQuery<double>& q, Problems& problems) {
    const bool size = is_stated(q.sample_size_bytes.base) || is_stated((q.dataset.size / q.dataset.samples).base);
    if (!is_stated(q.workload_data_rate.base) && !(is_stated(q.sample_rate.base) && size))
      problems.push_back({.kind = Problem::Kind::input,
                          .argument = "workload_data_rate",
                          .message =
                              "workload_data_rate is missing: give it, or sample_rate with sample_size_bytes or a "
                              "dataset (mlsysim zoo datasets)"});
    if (q.assumptions.ingestion == Basis::original) return;
    const bool local = q.storage.tier == StorageTier::local;
    if (local && !is_stated(q.storage.read_bandwidth.base) && !is_stated(q.hardware.storage.base))
      problems.push_back({.kind = Problem::Kind::input,
                          .argument = "storage",
                          .message =
                              "storage is missing: the device states none of its own; name one (mlsysim zoo storages "
                              "lists all), or give hardware.storage.bandwidth"});
    if (!local && !is_stated(q.fabric.bandwidth.base))
      problems.push_back({.kind = Problem::Kind::input,
                          .argument = "fabric",
                          .message =
                              "fabric is missing: the storage is not in the node; name what joins them (mlsysim zoo "
                              "fabrics lists all)"});
  }
};

}  // namespace mlsysim
