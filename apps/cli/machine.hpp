#pragma once
// Measures the machine that this runs on: a matrix product, a copy, a matrix times a vector. Each a few times, for some tenths of a
// second; the best is what the machine can do, and how far the median is from it says how quiet it was.
#include <cstddef>
#include <string>

namespace mlsysim::cli {

struct Timing {
  double best = 0, median = 0;  // seconds
  int runs = 0;
  double spread() const { return median / best - 1; }
};

/// Products of single-precision matrices, by a BLAS found at run time, or else by our own blocked kernel.
class Products {
 public:
  Products();
  /// "OpenBLAS (libopenblas.so.0)", "our own kernel, 16 floats wide".
  const std::string& by() const { return by_; }
  bool sets_threads() const { return !blas_ || set_threads_; }
  /// One product of n x n matrices on so many threads.
  void run(std::size_t n, int threads);
  /// The same, timed for about `budget` seconds, three times at least.
  Timing time(std::size_t n, int threads, double budget);
  /// The upper left element of the last product, where every element of both was 1: n.
  float checked() const;

 private:
  std::string by_;
  void* blas_ = nullptr;
  void* set_threads_ = nullptr;
  bool wide_ = false;  // 64-bit integers
};

/// Threads that may run at the same time here.
int threads_here();
/// Main memory in bytes.
double memory_here();
/// "AMD EPYC", or "this machine" where the system does not say.
std::string processor_here();

/// Copies `bytes` from one array to another; each byte is read and written.
Timing time_copy(std::size_t bytes, int threads, double budget);
/// A matrix of n x n floats times a vector: each element is read once.
Timing time_matrix_vector(std::size_t n, int threads, double budget);
/// Bytes that are surely not in a cache: four times the last one, 64 MiB at least and 256 at most.
std::size_t beyond_caches();

/// One thread's part of C = A B by the widest vectors of this processor: rows `first` to `last` of row-major n x n matrices.
void multiply_rows(const float* a, const float* b, float* c, std::size_t n, std::size_t first, std::size_t last);
/// How many floats those vectors hold.
int vector_width();
/// A dot product, for a thread's rows of a matrix times a vector.
float dot(const float* a, const float* b, std::size_t n);

}  // namespace mlsysim::cli
