#include "machine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <unistd.h>

#include <fmt/format.h>

namespace mlsysim::cli {
namespace {

// What a BLAS is called on Linux and macOS; $MLSYSIM_BLAS comes first, and `python -m mlsysim` names NumPy's own there.
constexpr const char* libraries[] = {"libopenblas.so.0",  "libopenblas.so",
                                     "libmkl_rt.so.2",    "libmkl_rt.so",
                                     "libblis.so.4",      "libblas.so.3",
                                     "libopenblas.dylib", "/System/Library/Frameworks/Accelerate.framework/Accelerate"};
struct Name {
  const char* symbol;
  bool wide;
};
constexpr Name products[] = {
    {"sgemm_", false}, {"scipy_sgemm_64_", true}, {"sgemm_64_", true}, {"scipy_sgemm_", false}};
constexpr const char* setters[] = {"openblas_set_num_threads",
                                   "scipy_openblas_set_num_threads64_",
                                   "scipy_openblas_set_num_threads",
                                   "openblas_set_num_threads64_",
                                   "MKL_Set_Num_Threads",
                                   "bli_thread_set_num_threads"};

std::vector<float>& matrix(int which) {
  static std::vector<float> all[3];
  return all[which];
}

template <class Int>
void call(void* blas, std::size_t size) {
  using Product = void (*)(const char*, const char*, const Int*, const Int*, const Int*, const float*, const float*,
                           const Int*, const float*, const Int*, const float*, float*, const Int*);
  Product product = nullptr;
  std::memcpy(&product, &blas, sizeof product);
  const auto n = static_cast<Int>(size);
  const float one = 1, zero = 0;
  product("N", "N", &n, &n, &n, &one, matrix(0).data(), &n, matrix(1).data(), &n, &zero, matrix(2).data(), &n);
}

/// Runs `part(first, last)` over `count` things, shared out among threads in multiples of `step`.
template <class Part>
void share(std::size_t count, std::size_t step, int threads, const Part& part) {
  const std::size_t steps = (count + step - 1) / step, workers = static_cast<std::size_t>(threads);
  const auto bound = [&](std::size_t i) { return std::min(count, steps * i / workers * step); };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < workers; ++i) others.emplace_back([&, i] { part(bound(i), bound(i + 1)); });
  part(bound(0), bound(1));
  for (auto& other : others) other.join();
}

template <class Work>
Timing timed(double budget, const Work& work) {
  using Clock = std::chrono::steady_clock;
  work();  // pages touched, caches and clocks warm
  std::vector<double> seconds;
  double spent = 0;
  while (seconds.size() < 3 || (spent < budget && seconds.size() < 200)) {
    const auto start = Clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    spent += seconds.back();
  }
  std::ranges::sort(seconds);
  return {seconds.front(), seconds[seconds.size() / 2], static_cast<int>(seconds.size())};
}

}  // namespace

Products::Products() : by_(fmt::format("our own kernel, vectors of {} floats", vector_width())) {
  std::vector<const char*> names;
  const char* said = std::getenv("MLSYSIM_BLAS");
  if (said) names.push_back(said);
  if (!said || *said) names.insert(names.end(), std::begin(libraries), std::end(libraries));  // empty: none
  for (const char* name : names) {
    void* library = *name ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : nullptr;
    if (!library) continue;
    for (const auto& [symbol, wide] : products)
      if (!blas_ && (blas_ = dlsym(library, symbol))) wide_ = wide;
    if (!blas_) continue;
    for (const char* setter : setters)
      if (!set_threads_) set_threads_ = dlsym(library, setter);
    const char* file = std::strrchr(name, '/');
    by_ = file ? file + 1 : name;
    return;
  }
}

void Products::run(std::size_t n, int threads) {
  for (int i = 0; i < 3; ++i)
    if (matrix(i).size() != n * n) matrix(i).assign(n * n, i < 2 ? 1.f : 0.f);
  if (!blas_) {
    share(n, 12, n < 64 ? 1 : threads, [&](std::size_t first, std::size_t last) {
      if (first < last) multiply_rows(matrix(0).data(), matrix(1).data(), matrix(2).data(), n, first, last);
    });
    return;
  }
  if (set_threads_) {
    void (*set)(int) = nullptr;
    std::memcpy(&set, &set_threads_, sizeof set);
    set(threads);
  }
  if (wide_) call<std::int64_t>(blas_, n);
  else call<int>(blas_, n);
}

Timing Products::time(std::size_t n, int threads, double budget) {
  return timed(budget, [&] { run(n, threads); });
}

float Products::checked() const { return matrix(2).empty() ? 0 : matrix(2).back(); }

int threads_here() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

double memory_here() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::string processor_here() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "this machine";
}

std::size_t beyond_caches() {
  long last = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  last = std::max(sysconf(_SC_LEVEL3_CACHE_SIZE), 0L);
#endif
  return std::clamp<std::size_t>(4 * static_cast<std::size_t>(last), std::size_t{64} << 20, std::size_t{256} << 20);
}

Timing time_copy(std::size_t bytes, int threads, double budget) {
  std::vector<char> from(bytes, 1), to(bytes, 0);
  return timed(budget, [&] {
    share(bytes, 4096, threads,
          [&](std::size_t first, std::size_t last) { std::memcpy(&to[first], &from[first], last - first); });
  });
}

Timing time_matrix_vector(std::size_t n, int threads, double budget) {
  std::vector<float> a(n * n, 1.f), x(n, 1.f), y(n);
  return timed(budget, [&] {
    share(n, 1, threads, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) y[i] = dot(&a[i * n], x.data(), n);
    });
  });
}

}  // namespace mlsysim::cli
