// Wall 20, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/laws/privacy.hpp"
#include "mlsysim/laws/sampling.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  Arguments all{{"base_training_time", "100 h"}};
  all.insert(all.end(), more.begin(), more.end());
  return Asked("responsible-engineering", all);
}
}  // namespace

TEST_CASE("a second backward pass makes 100 hours 166.7, and four times the batch four times that") {
  const Asked a = asked({});
  CHECK(a["dp_slowdown_factor"] == near(5.0 / 3));  // forward 1, backward 2, backward 2, over 3
  CHECK(a.in("effective_training_time", hour) == near(500.0 / 3));
  CHECK(a.word("cost_basis") == "passes");
  CHECK(asked({{"batch_growth", "4"}})["privacy_cost_ratio"] == near(20.0 / 3));
  CHECK(asked({{"step_cost", "1.2"}})["dp_slowdown_factor"] == near(1.2));
  CHECK(asked({{"step_cost", "1.2"}}).word("cost_basis") == "stated");
}

TEST_CASE("gradients kept for each of 32 examples take 32 times the memory, and their time is a lower bound") {
  const Asked a = asked({{"clipping", "per_example"}});
  CHECK(a["gradient_memory_ratio"] == 32);
  CHECK(a["dp_slowdown_factor"] == 1);
  CHECK(a.word("cost_basis") == "lower bound");
}

TEST_CASE("the divergence of one full step is a / 2 s^2, and of order 2 on a sample log(1 + q^2 (e^(1/s^2) - 1))") {
  CHECK(privacy::renyi(2, 1, 3) == near(1.0 / 9));
  CHECK(privacy::renyi(8, 1, 2) == near(1.0));
  CHECK(privacy::renyi(2, 0.01, 1) == near(std::log1p(1e-4 * std::expm1(1.0)), 1e-9));
}

TEST_CASE("60,000 examples in batches of 256 for 15 epochs with noise 1.3: epsilon 1.19 at delta 1e-5, as published") {
  // The published accountant converts by log(1 / delta) / (a - 1); ours is never looser.
  double published = 1e9;
  const double q = 256.0 / 60000, steps = 15 * 60000 / 256.0;
  for (int a = 2; a <= 64; ++a)
    published = std::fmin(published, steps * privacy::renyi(a, q, 1.3) + std::log(1e5) / (a - 1));
  CHECK(published == near(1.19, 0.01));
  CHECK(privacy_spent(1.3, 1e-5, q, steps) < published);
  CHECK(privacy_spent(1.3, 1e-5, q, steps) > 0.75 * published);
}

TEST_CASE("the noise for a budget spends that budget, and more steps, a smaller budget and a larger sample want more") {
  for (const double epsilon : {0.1, 1.0, 8.0}) {
    const double noise = noise_multiplier(epsilon, 1e-5, 0.01, 1000.0);
    CHECK(privacy_spent(noise, 1e-5, 0.01, 1000.0) == near(epsilon, 1e-6));
    CHECK(noise_multiplier(epsilon, 1e-5, 0.01, 2000.0) > noise);
    CHECK(noise_multiplier(epsilon, 1e-5, 0.02, 1000.0) > noise);
    CHECK(noise_multiplier(epsilon, 1e-6, 0.01, 1000.0) > noise);
    CHECK(noise_multiplier(2 * epsilon, 1e-5, 0.01, 1000.0) < noise);
  }
  // A larger batch wants more noise and drowns it by more.
  CHECK(asked({{"batch_growth", "4"}})["noise_multiplier"] > asked({})["noise_multiplier"]);
  CHECK(asked({{"batch_growth", "4"}})["noise_in_gradient"] < asked({})["noise_in_gradient"]);
}

TEST_CASE(
    "a rate within 5 points at 95 % wants 385 of a group; 38,500 samples of a 1 % group on average, 41,767 surely") {
  const Asked a = asked({});
  CHECK(a["subgroup_samples"] == 385);  // 1.95996^2 / (4 x 0.05^2) = 384.1
  CHECK(a["fairness_data_ratio"] == 100);
  CHECK(a["additional_data_requirement"] == 100);
  CHECK(a["dataset_expected"] == near(38500));
  // Poisson with mean 417.67: P(at least 385) by the normal approximation is Phi(1.62), about 0.95.
  CHECK(a["dataset_needed"] == near(41767));
}

TEST_CASE("the least sample by the binomial sum itself: 29 draws hold one of a 10 % group with 95 %") {
  CHECK(samples_to_hold(1.0, 0.1, 0.95) == 29);  // 0.9^28 = 0.0523, 0.9^29 = 0.0471
  CHECK(samples_to_hold(1.0, 0.2, 0.99) == 21);  // 0.8^20 = 0.0115, 0.8^21 = 0.0092
  CHECK(samples_to_hold(2.0, 0.5, 0.95) == 8);   // 9/256 = 0.035 at 8, 8/128 = 0.0625 at 7
  CHECK(samples_to_hold(50.0, 1.0, 0.95) == 50);
  for (const auto& [n, p] : {std::pair{20, 0.3}, {200, 0.02}}) {
    const double size = samples_to_hold(static_cast<double>(n), p, 0.9);
    const auto at_least = [&, n = n, p = p](double draws) {
      double below = 0;
      for (int k = 0; k < n; ++k)
        below += std::exp(std::lgamma(draws + 1) - std::lgamma(k + 1.0) - std::lgamma(draws - k + 1) + k * std::log(p) +
                          (draws - k) * std::log1p(-p));
      return 1 - below;
    };
    CHECK(at_least(size) >= 0.9);
    CHECK(at_least(size - 1) < 0.9);
  }
}

TEST_CASE("as the original: 1 + 2 / epsilon, with a floor under epsilon, from no source") {
  CHECK(asked({{"epsilon", "2"}, {"assumptions", "mlsysim-0.1"}})["dp_slowdown_factor"] == near(2.0));
  CHECK(asked({{"epsilon", "0.001"}, {"assumptions", "mlsysim-0.1"}})["dp_slowdown_factor"] == near(201.0));
  CHECK(asked({{"assumptions", "mlsysim-0.1"}}).word("cost_basis") == "no source");
}
