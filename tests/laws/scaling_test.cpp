// Scaling laws against the tables of their papers.
#include <doctest/doctest.h>

#include "mlsysim/laws/scaling.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Work<double> budget(double flops) { return {flops}; }
}  // namespace

TEST_CASE("20 tokens a parameter: 1e21 flop train 2.887 billion parameters, sqrt(1e21 / 120)") {
  CHECK(size_at_ratio(budget(1e21), 20.0) == near(std::sqrt(1e21 / 120)));
  CHECK(size_at_ratio(budget(1e21), 20.0) == near(2.8867513459e9, 1e-9));
  CHECK(trained_tokens(budget(1e21), 2.8867513459e9).base == near(5.7735e10, 1e-5));
}

TEST_CASE("Gopher's budget, 5.76e23 flop: 63 billion by isoflop profiles, 67 to 70 by 20 tokens a parameter") {
  CHECK(isoflop_size(budget(5.76e23)) == near(63e9, 0.02));
  CHECK(size_at_ratio(budget(5.76e23), 20.0) == near(69.3e9, 0.01));
}

TEST_CASE("isoflop profiles project 10 billion parameters at 1.32e22 flop and a trillion at 1.59e26") {
  CHECK(isoflop_size(budget(1.32e22)) == near(10e9, 0.01));
  CHECK(isoflop_size(budget(1.59e26)) == near(1e12, 0.01));
}

TEST_CASE("parametric as printed: 32 billion for Gopher's budget; fitted again 72 billion at 18.5 tokens a parameter") {
  // G = (0.34 406.4 / 0.28 410.7)^(1/0.62) = 1.3447; (9.6e22)^(0.28/0.62) = 2.394e10
  CHECK(parametric_size<hoffmann_curve>(budget(5.76e23)) == near(1.3447 * 2.394e10, 1e-3));
  // G = (0.3478 482.01 / 0.3658 2085.43)^(1/0.7136) = 0.11964; (9.6e22)^(0.3658/0.7136) = 6.02e11
  const double n = parametric_size<besiroglu_curve>(budget(5.76e23));
  CHECK(n == near(0.11964 * std::pow(9.6e22, 0.3658 / 0.7136), 1e-3));
  CHECK(5.76e23 / 6 / n / n == near(18.5, 0.02));
}

TEST_CASE("Chinchilla, 70e9 parameters on 1.4e12 tokens: 1.69 + 0.0835 + 0.1627 = 1.936 nats a token") {
  const double by_hand = 1.69 + 406.4 / std::pow(70e9, 0.34) + 410.7 / std::pow(1.4e12, 0.28);
  CHECK(parametric_loss<hoffmann_curve>(70e9, Tokens<double>{1.4e12}) == near(by_hand));
  CHECK(by_hand == near(1.936, 1e-3));
}

TEST_CASE("the best size is the best: at every budget and for both curves any other size has a greater loss") {
  for (double c = 1e18; c < 1e27; c *= 31) {
    const double n1 = hoffmann_curve.best_parameters(c), n2 = besiroglu_curve.best_parameters(c);
    for (double f = 0.1; f < 10; f *= 1.3) {
      CHECK(hoffmann_curve.loss(n1 * f, c / 6 / n1 / f) >= hoffmann_curve.best_loss(c));
      CHECK(besiroglu_curve.loss(n2 * f, c / 6 / n2 / f) >= besiroglu_curve.best_loss(c));
    }
    CHECK(besiroglu_curve.compute_for(besiroglu_curve.best_loss(c)) == near(c, 1e-9));
    CHECK(hoffmann_curve.tokens_for(n1, hoffmann_curve.best_loss(c)) == near(c / 6 / n1, 1e-8));
  }
}

TEST_CASE(
    "a model that answers much should be smaller and train longer: the size falls with its tokens and costs least") {
  const double c = 5.76e23;
  double before = besiroglu_curve.best_parameters(c);
  CHECK(besiroglu_curve.lifetime_parameters(c, 0) == before);
  for (const double answered : {1e11, 1e12, 1e13, 1e14}) {
    const double n = besiroglu_curve.lifetime_parameters(c, answered), loss = besiroglu_curve.best_loss(c);
    CHECK(n < before);
    const auto total = [&](double size) {
      return 6 * size * besiroglu_curve.tokens_for(size, loss) + 2 * size * answered;
    };
    for (const double f : {0.9, 0.99, 1.01, 1.1}) CHECK(total(n * f) >= total(n));
    before = n;
  }
}
