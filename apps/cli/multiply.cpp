// Our own matrix product, for machines without a BLAS: packed panels in cache, a tile of C in registers, as Goto and van de
// Geijn have it (2008). Compiled with -ffp-contract=fast (see CMakeLists.txt): a rate is measured here, no answer computed.
#include <algorithm>
#include <cstring>
#include <vector>

#include "machine.hpp"

namespace mlsysim::cli {
namespace {

#define MLSYSIM_INLINE __attribute__((always_inline)) inline

template <int Width>
struct Vector {
  typedef float type __attribute__((vector_size(Width * 4), aligned(4)));
};

constexpr std::size_t depth = 256;  // of a panel: one of B stays in the first cache

/// C[rows x 2 vectors] += A panel x B panel, all of it in registers.
template <int Width, int Rows>
MLSYSIM_INLINE void tile(const float* a, const float* b, float* c, std::size_t n, std::size_t k) {
  using V = typename Vector<Width>::type;
  V sum[Rows][2] = {};
  for (std::size_t p = 0; p < k; ++p, a += Rows, b += 2 * Width) {
    V b0, b1;
    std::memcpy(&b0, b, sizeof(V));
    std::memcpy(&b1, b + Width, sizeof(V));
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      sum[r][0] += a[r] * b0;
      sum[r][1] += a[r] * b1;
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r)
    for (int half = 0; half < 2; ++half) {
      float* const to = c + static_cast<std::size_t>(r) * n + half * Width;
      V old;
      std::memcpy(&old, to, sizeof(V));
      old += sum[r][half];
      std::memcpy(to, &old, sizeof(V));
    }
}

template <int Width, int Rows>
MLSYSIM_INLINE void multiply(const float* a, const float* b, float* c, std::size_t n, std::size_t first,
                             std::size_t last) {
  constexpr std::size_t columns = 2 * Width, block = 16 * Rows;
  std::vector<float> panels_b(depth * ((n + columns - 1) / columns) * columns), panels_a(depth * block);
  std::vector<float> edge(Rows * columns);
  std::memset(c + first * n, 0, (last - first) * n * sizeof(float));
  for (std::size_t p = 0; p < n; p += depth) {
    const std::size_t k = std::min(depth, n - p);
    for (std::size_t j = 0; j < n; j += columns)
      for (std::size_t q = 0; q < k; ++q)
        for (std::size_t i = 0; i < columns; ++i)
          panels_b[j * k + q * columns + i] = j + i < n ? b[(p + q) * n + j + i] : 0.f;
    for (std::size_t top = first; top < last; top += block) {
      const std::size_t rows = std::min(block, last - top);
      for (std::size_t r = 0; r < rows; r += Rows)
        for (std::size_t q = 0; q < k; ++q)
          for (std::size_t i = 0; i < Rows; ++i)
            panels_a[r * k + q * Rows + i] = r + i < rows ? a[(top + r + i) * n + p + q] : 0.f;
      for (std::size_t j = 0; j < n; j += columns)
        for (std::size_t r = 0; r < rows; r += Rows) {
          const float *panel_a = &panels_a[r * k], *panel_b = &panels_b[j * k];
          if (j + columns <= n && r + Rows <= rows) {
            tile<Width, Rows>(panel_a, panel_b, c + (top + r) * n + j, n, k);
            continue;
          }
          std::ranges::fill(edge, 0.f);
          tile<Width, Rows>(panel_a, panel_b, edge.data(), columns, k);
          for (std::size_t x = 0; x < std::min<std::size_t>(Rows, rows - r); ++x)
            for (std::size_t y = 0; y < std::min(columns, n - j); ++y)
              c[(top + r + x) * n + j + y] += edge[x * columns + y];
        }
    }
  }
}

void narrow(const float* a, const float* b, float* c, std::size_t n, std::size_t first, std::size_t last) {
  multiply<4, 6>(a, b, c, n, first, last);
}
#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void avx2(const float* a, const float* b, float* c, std::size_t n,
                                              std::size_t first, std::size_t last) {
  multiply<8, 6>(a, b, c, n, first, last);
}
__attribute__((target("avx512f,fma"))) void avx512(const float* a, const float* b, float* c, std::size_t n,
                                                   std::size_t first, std::size_t last) {
  multiply<16, 12>(a, b, c, n, first, last);
}
#endif

}  // namespace

int vector_width() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return 16;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 8;
#endif
  return 4;
}

void multiply_rows(const float* a, const float* b, float* c, std::size_t n, std::size_t first, std::size_t last) {
  static const int width = vector_width();
#if defined(__x86_64__)
  if (width == 16) return avx512(a, b, c, n, first, last);
  if (width == 8) return avx2(a, b, c, n, first, last);
#endif
  narrow(a, b, c, n, first, last);
}

float dot(const float* a, const float* b, std::size_t n) {
  using V = Vector<4>::type;
  V sum[8] = {};
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32)
    for (std::size_t lane = 0; lane < 8; ++lane) {
      V x, y;
      std::memcpy(&x, a + i + 4 * lane, sizeof(V));
      std::memcpy(&y, b + i + 4 * lane, sizeof(V));
      sum[lane] += x * y;
    }
  float total = 0;
  for (const V& v : sum) total += v[0] + v[1] + v[2] + v[3];
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

}  // namespace mlsysim::cli
