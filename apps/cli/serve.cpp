// `mlsysim serve`: serving at an objective (the solver serving-capacity), or at a batch (wall 4, the original's form).
#include <cmath>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/catalog/precision.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/search/fixes.hpp"
#include "mlsysim/units/parse.hpp"
#include "screen.hpp"

namespace mlsysim::cli {
namespace {

/// "h100:8" is h100, eight times.
std::pair<std::string, std::string> device_and_count(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size() || colon == 0) return {text, ""};
  const std::string count = text.substr(colon + 1);
  return std::ranges::all_of(count, [](unsigned char c) { return std::isdigit(c); })
             ? std::pair{text.substr(0, colon), count}
             : std::pair{text, std::string()};
}

/// Reads arguments and results by name.
struct Reader {
  const Question& q;
  const std::vector<double>& result;

  double value(const char* name) const { return result[static_cast<std::size_t>(q.table().output(name))]; }
  double argument(const char* name) const { return q.row()[static_cast<std::size_t>(q.table().input(name))]; }
  bool stated(const char* name) const { return argument(name) == argument(name); }
  std::string chosen(const char* name) const {
    const auto i = static_cast<std::size_t>(q.table().input(name));
    return shown(q.table().in.all[i], q.row()[i]);
  }
  std::string word(const char* name) const {
    const auto i = static_cast<std::size_t>(q.table().output(name));
    return shown(q.table().out.all[i], result[i]);
  }
  std::string time(const char* name) const { return print_quantity(value(name), axis::time); }
  std::string setting() const {
    const std::string set = q.set_name().empty() ? "" : fmt::format(", assumptions {}", q.set_name());
    return fmt::format("{}, KV {}, eta {:.3g}, bandwidth {:.3g}, first-order{}", chosen("precision"),
                       chosen("kv_precision"), argument("efficiency"), argument("bandwidth_efficiency"), set);
  }
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The cells of a candidate by name.
struct Cells {
  const Fields& fields;
  const std::vector<double>& row;
  double operator[](std::string_view path) const {
    const auto at = std::ranges::find(fields.all, path, &Field::path);
    return row[static_cast<std::size_t>(at - fields.all.begin())];
  }
};

/// The fewest devices that hold the rate in any layout that was priced, and how many of them make a replica.
std::pair<double, double> fewest_devices(const Fields& fields, const Candidates& found) {
  std::pair best{std::numeric_limits<double>::infinity(), 0.0};
  for (const auto& row : found.rows) {
    const Cells c{fields, row};
    best = std::min(best, std::pair{c["devices_needed"], c["config.tp_size"]});
  }
  return best;
}

/// A change of the question after which every objective holds.
struct Point {
  std::string change, remark;
};

std::vector<Point> points_that_hold(const Question& q, const std::vector<double>& result, const Candidates& found) {
  std::vector<Point> points;
  const Reader r{q, result};
  const Table& t = q.table();
  const auto rounded = [](double v, double way) {  // three digits, to the side that still holds
    const double unit = std::pow(10, std::floor(std::log10(v)) - 2);
    return way * std::floor(way * v / unit) * unit;
  };
  if (const double most = r.value("request_rate_max"); most > 0 && r.stated("request_rate"))
    points.push_back({fmt::format("--request-rate {:.3g}", rounded(most, 1)), "the highest on these devices"});
  const Fields fields = t.wall->candidate();
  const double fewest = fewest_devices(fields, found).first;
  if (std::isfinite(fewest) && r.stated("request_rate") && fewest > r.argument("devices"))
    points.push_back({fmt::format("--on {}:{:.0f}", q.bound("hardware")->id, fewest), "at this rate"});
  // The best layout in which the queue settles, with the objectives that it reaches.
  for (const auto& row : found.rows) {
    const Cells c{fields, row};
    if (!std::isfinite(c["ttft_p99"])) continue;
    std::string relaxed;
    const auto relax = [&](const char* objective, const char* reached, const char* flag) {
      if (r.stated(objective) && r.argument(objective) < c[reached])
        relaxed += fmt::format("{}--{} {:g}ms", relaxed.empty() ? "" : " ", flag, rounded(1e3 * c[reached], -1));
    };
    relax("ttft_objective", "ttft_p99", "ttft");
    relax("tpot_objective", "tpot", "tpot");
    if (!relaxed.empty())
      points.push_back({relaxed, r.stated("request_rate") ? "objectives that hold at this rate, on these devices"
                                                          : "what a lone request meets"});
    break;
  }
  const auto attempt = [&](const std::string& flag, const char* argument, double value) {
    Question other = q;
    other.give(static_cast<std::size_t>(t.input(argument)), value);
    if (!other.check()) return false;
    Candidates others;
    const auto then = other.answer(others);
    const double enough = fewest_devices(fields, others).first;
    if (Reader{other, then}.value("objectives_met") != 0)
      points.push_back({flag, r.stated("request_rate") ? "at this rate, on these devices" : "on these devices"});
    else if (enough < fewest && r.stated("request_rate"))
      points.push_back({fmt::format("{} --on {}:{:.0f}", flag, q.bound("hardware")->id, enough), "at this rate"});
    else return false;
    return true;
  };
  for (const Precision p : {Precision::fp8, Precision::int8})
    if (stored_bits(p) < stored_bits(static_cast<Precision>(static_cast<int>(r.argument("precision")))))
      if (attempt(fmt::format("--precision {}", word(p)), "precision", static_cast<int>(p))) break;
  if (stored_bits(Precision::fp8) < stored_bits(static_cast<Precision>(static_cast<int>(r.argument("kv_precision")))))
    attempt("--kv-cache-dtype fp8", "kv_precision", static_cast<int>(Precision::fp8));
  for (const double chunk : {512., 1024., 2048., 4096., 8192.})
    if (chunk != r.argument("prefill_chunk") &&
        attempt(fmt::format("--prefill-chunk {:g}", chunk), "prefill_chunk", chunk))
      break;
  return points;
}

const char* limit_text(const std::string& limit) {
  if (limit == "TTFT") return "even a lone request misses the TTFT";
  if (limit == "TPOT") return "the time for each token binds";
  if (limit == "Prompts") return "prompts bind: they fill the steps";
  if (limit == "Memory") return "memory binds: no room for more";
  return "the concurrency allowed binds";
}

/// What a queue without end leaves of a time.
std::string or_endless(double time, const char* before, const char* after = "") {
  return std::isfinite(time) ? before + print_quantity(time, axis::time) + after : "the queue grows without end";
}

std::string money(double usd) { return usd < 0.01 ? fmt::format("{:.2g} USD", usd) : fmt::format("{:.2f} USD", usd); }

std::string layouts(const Question& q, const Candidates& found) {
  const Fields fields = q.table().wall->candidate();
  TextTable table{{"layout", "holds", "TTFT p99", "TPOT", "in flight", "devices needed"}, {}};
  for (const auto& row : found.rows) {
    const Cells c{fields, row};
    const auto time = [&](const char* name) {
      return std::isfinite(c[name]) ? print_quantity(c[name], axis::time) : "no end";
    };
    table.rows.push_back(
        {fmt::format("TP{:.0f} x {:.0f}", c["config.tp_size"], c["config.replicas"]),
         fmt::format("{:.3g}/s", c["request_rate_max"]), time("ttft_p99"), time("tpot"),
         fmt::format("{:.0f} of {:.0f}", c["decoding"], c["slots"]),
         std::isfinite(c["devices_needed"]) ? fmt::format("{:.0f}", c["devices_needed"]) : "no number"});
  }
  std::string text = table.print();
  for (const auto& [reason, count] : found.fell)
    text += fmt::format("  {:.0f} more layout{} fell: {}\n", count, count == 1 ? "" : "s", reason);
  return text;
}

std::string capacity_screen(const Question& q, const std::vector<double>& result, const Candidates& found) {
  const Reader r{q, result};
  const double devices = r.argument("devices");
  const std::string title =
      fmt::format("{} on {}{}", q.bound("model")->name, devices > 1 ? fmt::format("{:.0f} x ", devices) : "",
                  q.bound("hardware")->name);
  if (r.value("feasible") == 0) {
    std::string text = fmt::format(
        "{}: does not fit\n  needs {} on each device for weights and one request ({}); there are {}\n", title,
        gibibytes(r.value("memory_footprint")), r.chosen("precision"), gibibytes(r.value("memory_available")));
    const char* lead = "smallest fixes";
    for (const auto& fix : smallest_fixes(q)) {
      text += fmt::format("  {:<15} {:<34} {} on each\n", lead, fix.change, of(fix.needed, fix.available));
      lead = "";
    }
    return text;
  }
  const bool met = r.value("objectives_met") != 0, at_rate = r.stated("request_rate");
  const double rate = at_rate ? r.argument("request_rate") : r.value("request_rate");
  const int objectives = r.stated("ttft_objective") + r.stated("tpot_objective");
  std::string verdict = met       ? objectives == 0   ? "holds the rate"
                                    : objectives == 1 ? "meets the objective"
                                                      : "meets both objectives"
                        : at_rate ? "does not hold"
                                  : "no rate holds";
  std::string text = fmt::format("{}: {}\n  {} in, {} out{}, {}\n\n", title, verdict, grouped(r.argument("seq_len")),
                                 grouped(r.argument("output_len")),
                                 at_rate ? fmt::format(", {:.4g} requests/s", rate) : "", r.setting());
  const std::string limit = r.word("binding");
  const double tp = r.value("best_config.tp_size"), replicas = r.value("best_config.replicas");
  text += row("layout", fmt::format("{:.0f} replica{} of TP{:.0f}", replicas, replicas == 1 ? "" : "s", tp),
              fmt::format("{:.0f} in flight fit each; {:.1f} decode", r.value("slots"), r.value("decoding")));
  const auto objective = [&](const char* name) {
    return r.stated(name) ? "; objective " + print_quantity(r.argument(name), axis::time) : "";
  };
  text += row("TTFT", or_endless(r.value("ttft"), "", " mean"),
              (std::isfinite(r.value("ttft_p99")) ? "99 of 100 within " + r.time("ttft_p99") : "no end") +
                  objective("ttft_objective"));
  text += row("TPOT", r.time("tpot"),
              fmt::format("{} in a step without prompt, {} with{}", r.time("itl_decode"), r.time("itl_mixed"),
                          objective("tpot_objective")));
  if (std::isfinite(r.value("e2el")))
    text += row("E2EL", r.time("e2el") + " mean", fmt::format("{:.1f} requests in the system", r.value("concurrency")));
  text += row(
      "throughput", grouped(r.value("throughput")) + " tokens/s out",
      fmt::format("{} for each user; {} for each device{}", grouped(r.value("throughput_per_user")),
                  grouped(r.value("throughput") / devices),
                  std::isfinite(r.value("ttft")) ? "" : fmt::format("; {:.3g} requests/s", r.value("request_rate"))));
  const double most = r.value("request_rate_max");
  text += row(
      "capacity", fmt::format("{:.3g} requests/s", most),
      (at_rate && most > 0 ? fmt::format("in use {:.3g} %; ", 100 * r.value("utilization")) : "") + limit_text(limit));
  const std::string step = lower(r.word("bottleneck"));
  const std::string over = step == "compute"  ? fmt::format("{:.3g}x over memory; ", r.value("bottleneck_margin"))
                           : step == "memory" ? fmt::format("{:.3g}x over compute; ", r.value("bottleneck_margin"))
                                              : "";
  text += row("mean step", step + " binds", over + "reading the weights takes " + r.time("weights_time"));
  const auto [fewest, wide] = fewest_devices(q.table().wall->candidate(), found);
  if (at_rate && std::isfinite(fewest))
    text += row("devices", fmt::format("{:.0f}", devices),
                fmt::format("{:.0f} in replicas of TP{:.0f} would hold the rate", fewest, wide));
  if (r.stated("price") && r.value("throughput") > 0)
    text += row("cost", money(r.value("million_tokens_usd")) + "/M out, all in",
                fmt::format("or {}/M in and {}/M out", money(r.value("million_input_usd")),
                            money(r.value("million_output_usd"))));
  if (r.value("throughput") > 0)
    text += row("energy", fmt::format("{:.4g} Wh/M out", r.value("million_tokens_energy") / 3600),
                fmt::format("{:.3g} kgCO2e/M out, {}", r.value("million_tokens_carbon"), q.bound("grid")->name));
  text += "\n" + layouts(q, found) + "\n";
  if (!met) {
    text += "  nearest points that hold\n";
    const auto points = points_that_hold(q, result, found);
    for (const auto& point : points) text += fmt::format("    {:<38} {}\n", point.change, point.remark);
    if (points.empty())
      text += "    none by rate, devices, number format or chunk: another device, or other objectives\n";
  }
  for (const auto& note : notes(q, result)) text += wrapped("note", note);
  text += wrapped("rests on",
                  fmt::format("first-order: roofs at eta {:.3g} and {:.3g} of the bandwidth, no scheduling, no band; "
                              "published engines reach 0.7 to 0.9 of the bandwidth (--bandwidth-efficiency). Requests "
                              "arrive at random, with lengths that spread by {:.3g} of their mean (--length-cv)",
                              r.argument("efficiency"), r.argument("bandwidth_efficiency"), r.argument("length_cv")));
  return text;
}

/// Where nobody said in which format to serve and 16 bits miss the objectives, 8 bits are tried, and said.
void narrow(Question& q, std::vector<double>& result, Candidates& found, Output& out) {
  const Table& t = q.table();
  const auto precision = static_cast<std::size_t>(t.input("precision")),
             cache = static_cast<std::size_t>(t.input("kv_precision"));
  if (q.given(precision) || t.input("hardware.compute.fp8_dense") < 0) return;
  const double rate = q.row()[static_cast<std::size_t>(t.input("hardware.compute.fp8_dense"))];
  if (rate != rate) return;  // it would compute in 16 bits
  for (const Precision kv : {Precision::fp16, Precision::fp8}) {
    if (q.given(cache) && kv == Precision::fp8) return;
    Question other = q;
    other.give(precision, static_cast<int>(Precision::fp8));
    if (!q.given(cache)) other.give(cache, static_cast<int>(kv));
    Candidates others;
    if (!other.check()) return;
    const auto then = other.answer(others);
    if (exit_code(t, then) != answered) continue;
    const double most = Reader{q, result}.value("request_rate_max");
    out.notes.push_back(fmt::format(
        "no --precision was given: fp16 holds {}, so that the answer is for fp8{}; --precision fp16 insists",
        most > 0 ? fmt::format("{:.3g} requests/s", most) : "no rate",
        kv == Precision::fp8 ? " weights and cache" : " weights"));
    q = other;
    result = then;
    found = std::move(others);
    return;
  }
}

std::string batch_screen(const Question& q, const std::vector<double>& result) {
  const Reader r{q, result};
  const std::string title = fmt::format("{} on {}", q.bound("model")->name, q.bound("hardware")->name);
  const double batch = r.argument("batch_size");
  std::string text =
      fmt::format("{}{}\n  prompt {}, batch {:.0f}, {}\n\n", title, r.value("feasible") == 0 ? ": does not fit" : "",
                  grouped(r.argument("seq_len")), batch, r.setting());
  text += row("TTFT", r.time("ttft"), lower(r.word("prefill_bottleneck")) + " binds");
  text += row("ITL", r.time("itl"), lower(r.word("decode_bottleneck")) + " binds");
  text += row("throughput", grouped(r.value("throughput")) + " tokens/s",
              batch > 1 ? grouped(r.value("throughput") / batch) + " for each sequence" : "");
  text += row(
      "memory", of(r.value("total_memory_required"), r.value("memory_available")),
      fmt::format("weights {}, KV {}", gibibytes(r.value("model_weights_size")), gibibytes(r.value("kv_cache_size"))));
  text += row("batch", fmt::format("at most {:.0f}", r.value("batch_max")), "sequences of this length fit");
  text += row("energy", print_quantity(r.value("energy_per_token"), axis::energy / axis::text), "");
  for (const auto& note : notes(q, result)) text += wrapped("note", note);
  return text;
}

}  // namespace

bool asks_capacity(const std::vector<std::string>& line) {
  const Table &capacity = *table("serving-capacity"), &batch = *table("serving");
  bool at_objective = false;
  for (const auto& word : line) {
    if (word.starts_with("-b") || word.starts_with("--batch-size")) return false;
    if (!device_and_count(word).second.empty()) at_objective = true;
    if (!word.starts_with("--")) continue;
    const std::string name = word.substr(2, word.find('=') == std::string::npos ? word.npos : word.find('=') - 2);
    at_objective =
        at_objective || name == "osl" || name == "output-len" || (capacity.input(name) >= 0 && batch.input(name) < 0);
  }
  return at_objective;
}

int run_serve(const Request& given, const Catalog& catalog, Output& out) {
  Request request = given;
  std::vector<std::string> line;
  for (const auto& [argument, text] : request.arguments) line.push_back("--" + argument + "=" + text);
  line.insert(line.end(), request.words.begin(), request.words.end());
  for (const auto& [argument, text] : request.arguments)
    if (argument == "hardware") line.push_back(text);
  const bool capacity = asks_capacity(line);
  const Table& t = *table(capacity ? "serving-capacity" : "serving");
  if (capacity) {
    std::string count;
    const auto split = [&](std::string& text) {
      if (auto [device, n] = device_and_count(text); !n.empty()) text = device, count = n;
    };
    if (request.words.size() > 1) split(request.words[1]);
    for (auto& [argument, text] : request.arguments)
      if (argument == "hardware") split(text);
    if (!count.empty()) request.arguments.emplace_back("devices", count);
  }
  Question question = make_question(request, catalog, t, {"model", "hardware"});
  if (!capacity && std::ranges::none_of(request.arguments, [](const auto& a) { return a.first == "seq_len"; }))
    question.give("seq_len", "2048");
  if (!question.check()) return refuse(out, question.problems());
  Candidates found;
  auto result = question.answer(found);
  if (capacity && exit_code(t, result) == missed) narrow(question, result, found, out);
  const int code = exit_code(t, result);
  if (request.output == "json") {
    Json json = answer_json(question, result, &found);
    if (capacity) json["candidates"] = candidates_json(*t.wall, found);
    if (code == infeasible)
      for (const auto& fix : smallest_fixes(question))
        json["fixes"].push_back(
            {{"change", fix.change}, {"needed_bytes", fix.needed}, {"available_bytes", fix.available}});
    if (code == missed) {
      json["nearest"] = Json::array();
      for (const auto& point : points_that_hold(question, result, found))
        json["nearest"].push_back({{"change", point.change}, {"remark", point.remark}});
    }
    if (!capacity) {  // the keys of the original's document
      const Reader r{question, result};
      json["ttft_ms"] = r.value("ttft") * 1e3;
      json["itl_ms"] = r.value("itl") * 1e3;
      json["tokens_per_sec"] = r.value("throughput");
      json["kv_cache_gb"] = r.value("kv_cache_size") / 1e9;
      json["memory_utilization"] = r.value("memory_utilization");
      json["feasible"] = r.value("feasible") != 0;
    }
    if (request.sources) json["sources"] = explanation_json({{}, sources_of(question)})["figures"];
    out.text = json.dump(2) + "\n";
  } else if (request.output == "csv") {
    out.text = answer_csv(question, result);
  } else {
    out.text = capacity ? capacity_screen(question, result, found) : batch_screen(question, result);
    if (request.explain && !capacity)
      out.text += "\n" + explanation_text(explain(question, {"ttft", "itl", "feasible"}));
    if (request.sources) out.text += "\nfigures\n" + sources_text(sources_of(question));
  }
  return code;
}

}  // namespace mlsysim::cli
