#pragma once
// Queues: how long a request waits for one of several servers, and how long it stays.
#include <cmath>
#include <limits>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

namespace queueing {

inline constexpr double unbounded = std::numeric_limits<double>::infinity();
/// A relative spread of service below this is taken for none: its gamma density has no digits left.
inline constexpr double no_spread = 0.005;

/// Erlang B by its recurrence, which has no overflow at any number of servers, and C from it.
inline double erlang_c(double servers, double load) {
  if (!(load < servers)) return 1;
  double blocked = 1;
  for (double n = 1; n <= servers; ++n) blocked = load * blocked / (n + load * blocked);
  return servers * blocked / (servers - load * (1 - blocked));
}

/// 1F1(1; b; z), the series that the incomplete gamma function and its sum with an exponential share.
inline double kummer(double b, double z) {
  if (z >= 0) {
    double sum = 1, term = 1;
    for (double n = 0; n < 1e5 && term > 1e-17 * sum; ++n) sum += term *= z / (b + n);
    return sum;
  }
  // For z < 0 the series cancels; k / (k + y - y / (k + 1 + y - 2 y / (k + 2 + y - …))) with k = b - 1 and y = -z does not.
  const double k = b - 1, y = -z;
  double front = k + y, back = 0, value = front;
  for (double n = 1; n < 1e5; ++n) {
    const double over = -n * y, under = k + n + y;
    back = 1 / (under + over * back);
    front = under + over / front;
    const double change = front * back;
    value *= change;
    if (std::abs(change - 1) < 1e-16) break;
  }
  return k / value;
}

/// Logarithm of (r x)^k e^(-r x) / Gamma(k + 1).
inline double log_front(double k, double rx) { return k * std::log(rx) - rx - std::lgamma(k + 1); }

/// Share of a gamma density of shape k below x (x in units of its scale).
inline double gamma_below(double k, double x) {
  if (x <= 0) return 0;
  if (x < k + 1) return std::exp(log_front(k, x)) * kummer(k + 1, x);
  // Above the mode the continued fraction of the rest.
  double under = x + 1 - k, front = 1e300, back = 1 / under, value = back;
  for (double n = 1; n < 1e5; ++n) {
    const double over = -n * (n - k);
    under += 2;
    back = 1 / (under + over * back);
    front = under + over / front;
    const double change = front * back;
    value *= change;
    if (std::abs(change - 1) < 1e-16) break;
  }
  return 1 - std::exp(log_front(k, x) + std::log(k)) * value;
}

/// P(S > x) of a service time of mean 1 and relative spread `cv`: exponential at 1, constant at 0, else gamma.
inline double service_exceeds(double x, double cv) {
  if (cv < no_spread) return x < 1 ? 1 : 0;
  if (x <= 0) return 1;
  if (cv == 1) return std::exp(-x);
  const double k = 1 / (cv * cv);
  return std::fmax(0.0, 1 - gamma_below(k, k * x));
}

/// P(S <= x < S + W) of that service time and an exponential W of rate `decay`: what waiting adds to P(S > x).
inline double waiting_pushes_over(double x, double decay, double cv) {
  if (!(x > 0) || !(x < unbounded) || !(decay < unbounded)) return 0;
  if (!(decay > 0)) return 1 - service_exceeds(x, cv);
  if (cv < no_spread) return x < 1 ? 0 : std::exp(-decay * (x - 1));
  const double k = 1 / (cv * cv), apart = (k - decay) * x;
  if (cv == 1) {  // x e^(-min(1, decay) x) (1 - e^(-|d|)) / |d|
    const double d = std::abs(apart);
    return x * std::exp(-std::fmin(1.0, decay) * x) * (d > 0 ? -std::expm1(-d) / d : 1);
  }
  if (apart > k + 1) return std::exp(k * std::log(k / (k - decay)) - decay * x) * gamma_below(k, apart);
  return std::exp(log_front(k, k * x)) * kummer(k + 1, apart);
}

/// The time, in mean service times, that a share `beyond` of requests exceeds. The tail is almost straight in its logarithm:
/// the secant closes in on it, and a bisection wherever the secant does not.
inline double sojourn(double waits, double decay, double cv, double beyond) {
  if (!(decay > 0)) return unbounded;
  if (cv < no_spread) return 1 + (waits > beyond ? std::log(waits / beyond) / decay : 0);
  if (cv == 1 && waits == 0) return -std::log(beyond);
  const auto excess = [&](double x) {
    const double tail = service_exceeds(x, cv) + waits * waiting_pushes_over(x, decay, cv);
    return std::log(std::fmax(tail, 1e-300) / beyond);
  };
  double low = 0, high = 1, at_low = -std::log(beyond), at_high = excess(high);
  for (int i = 0; i < 1000 && at_high > 0; ++i) low = high, at_low = at_high, high *= 2, at_high = excess(high);
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    double x = i % 3 == 2 ? 0.5 * (low + high) : low + (high - low) * at_low / (at_low - at_high);
    x = std::fmin(std::fmax(x, low), high);
    const double y = excess(x);
    if (y == 0) return x;
    if (y > 0) low = x, at_low = y;
    else high = x, at_high = y;
    if (std::abs(y) < 1e-15) return x;
  }
  return 0.5 * (low + high);
}

}  // namespace queueing

/// Probability that a request finds all servers busy.
///
///     C = c B / (c - a (1 - B)),   B(n) = a B(n-1) / (n + a B(n-1)),   B(0) = 1
///
/// c  servers   servers that share one queue                 [1]
/// a  load      arrival rate times mean service time         [1]
///
/// Valid:   Poisson arrivals, exponential service, a < c (1 otherwise); close for other services.
/// Source:  erlang1917, second formula; gross2018queueing, section 3.3
/// Example: servers=4 load=3
template <class T>
T erlang_c(T servers, T load) {
  return cite(opaque("erlang_c", queueing::erlang_c, servers, load), "erlang1917, second formula");
}

/// Rate at which the waiting time of those who wait falls off, for each mean service time.
///
///     d = (c - a) / ((va + vs) / 2)
///
/// c   servers          servers that share one queue                      [1]
/// a   load             arrival rate times mean service time              [1]
/// va  arrival_spread   squared coefficient of variation of the gaps      [1]
/// vs  service_spread   squared coefficient of variation of the service   [1]
///
/// Valid:   exact for va = vs = 1 (M/M/c); the mean wait C / d is exact for one server and Poisson arrivals
///          (Pollaczek-Khinchine), an approximation otherwise, good at high load (Kingman; Allen and Cunneen for c servers).
/// Source:  allen1990probability, section 5.3; kingman1961single, eq. 4
/// Example: servers=4 load=3 arrival_spread=1 service_spread=0.25
template <class T>
constexpr T waiting_decay(T servers, T load, T arrival_spread, T service_spread) {
  const T half = named(T(0.5), "half");
  const T burstiness = named((arrival_spread + service_spread) * half, "burstiness");
  return cite((servers - load) / burstiness, "allen1990probability, section 5.3");
}

/// Share of requests whose waiting and service together take longer than x mean service times.
///
///     P(T > x) = P(S > x) + C P(S <= x < S + W)
///
/// C  waits    probability of having to wait                                       [1]
/// d  decay    rate of the exponential wait W of those who wait                    [1]
/// v  spread   coefficient of variation of the service S: 1 exponential, 0 constant, else gamma with that spread   [1]
/// x  limit    time, in mean service times                                         [1]
///
/// Valid:   exact for M/M/c, where S + W is a mixture of two exponentials; else as good as waiting_decay.
/// Source:  gross2018queueing, section 3.3
/// Example: waits=0.5 decay=1 spread=1 limit=3
template <class T>
T sojourn_exceeds(T waits, T decay, T spread, T limit) {
  const T service = opaque("service_exceeds", queueing::service_exceeds, limit, spread);
  const T pushed = opaque("waiting_pushes_over", queueing::waiting_pushes_over, limit, decay, spread);
  return cite(service + waits * pushed, "gross2018queueing, section 3.3");
}

/// Time, in mean service times, within which a given percentage of requests is done: sojourn_exceeds solved for x.
///
///     P(T > x) = 1 - percent / 100
///
/// C  waits    probability of having to wait                       [1]
/// d  decay    rate of the exponential wait of those who wait, any sign      [1]
/// v  spread   coefficient of variation of the service             [1]
///
/// Valid:   as sojourn_exceeds; infinite where nothing drains the queue (d <= 0).
/// Source:  gross2018queueing, section 3.3
/// Forms:   50, 90, 99
/// Example: waits=0.5 decay=1 spread=1
template <int percent, class T>
T sojourn_quantile(const char* name, T waits, T decay, T spread) {
  const auto solved = [](double c, double d, double v) { return queueing::sojourn(c, d, v, (100 - percent) / 100.0); };
  return cite(opaque(name, solved, waits, decay, spread), "gross2018queueing, section 3.3");
}

/// Time, in mean service times, within which a given percentage of requests is served: what they wait.
///
///     x = max(0, ln(C / (1 - percent / 100)) / d)
///
/// C  waits   probability of having to wait                       [1]
/// d  decay   rate of the exponential wait of those who wait, any sign   [1]
///
/// Valid:   exact for M/M/c; infinite where nothing drains the queue (d <= 0).
/// Source:  gross2018queueing, section 3.3
/// Forms:   50, 90, 99
/// Example: waits=0.8 decay=0.2
template <int percent, class T>
T waiting_quantile(const char* name, T waits, T decay) {
  const auto solved = [](double c, double d) {
    const double beyond = (100 - percent) / 100.0;
    return d > 0 ? (c > beyond ? std::log(c / beyond) / d : 0.0) : queueing::unbounded;
  };
  return cite(opaque(name, solved, waits, decay), "gross2018queueing, section 3.3");
}

/// Requests in a system, on average, whatever happens in it.
///
///     L = r W
///
/// r  rate   arrivals                            [1/s]
/// W  time   mean time that each of them spends  [s]
///
/// Valid:   a system that settles.
/// Source:  little1961proof, theorem 1
/// Example: rate=1000 time=50ms
template <class T>
constexpr T littles_law(Frequency<T> rate, Time<T> time) {
  return cite(rate * time, "little1961proof, theorem 1");
}

/// Jobs that run side by side on a fleet where a job has all its devices at once: several on a node, or one on several nodes.
///
///     c = n floor(g / j) where j <= g, else floor(n / ceil(j / g))
///
/// n  nodes   of the fleet                          [1]
/// g  inside  devices of a node                     [1]
/// j  job     devices that a job has at once        [1]
///
/// Valid:   jobs of one size; a job is not spread over more nodes than it needs, and shares none where it needs several.
/// Source:  jeon2019philly, section 2.3
/// Example: nodes=32 inside=8 job=16
template <class T>
constexpr T gang_slots(T nodes, T inside, T job) {
  const T small = nodes * floor(inside / job), large = floor(nodes / ceil(job / inside));
  return cite(select(job <= inside, small, large), "jeon2019philly, section 2.3");
}

/// Share of its time that each of several servers is busy.
///
///     u = r / (c m)
///
/// r  arrivals   requests in a time                            [1/s]
/// m  service    requests that one server ends in a time, > 0  [1/s]
/// c  servers    that share one queue, > 0                     [1]
///
/// Valid:   a queue that settles: below 1.
/// Source:  gross2018queueing, section 3.3
/// Example: arrivals=80 service=100 servers=1
template <class T>
constexpr T server_utilisation(Frequency<T> arrivals, Frequency<T> service, T servers) {
  return cite(arrivals / (servers * service), "gross2018queueing, section 3.3");
}

/// Time within which a given percentage of requests is served, where arrivals and services are random.
///
///     w = max(0, ln(C / (1 - percent / 100)) / (c m - r)),   C from erlang_c
///
/// r  arrivals   requests in a time                            [1/s]
/// m  service    requests that one server ends in a time, > 0  [1/s]
/// c  servers    that share one queue, >= 1                    [1]
///
/// Valid:   exact for M/M/c; infinite where arrivals exceed what all servers end.
/// Source:  gross2018queueing, section 3.3
/// Forms:   50, 90, 99
/// Example: arrivals=80 service=100 servers=1
template <int percent, class T>
Time<T> mmc_wait(Frequency<T> arrivals, Frequency<T> service, T servers) {
  const T load = arrivals / service;
  const T wait = waiting_quantile<percent>("waiting_quantile", erlang_c(servers, load),
                                           waiting_decay(servers, load, T(1.0), T(1.0)));
  return cite(wait / service, "gross2018queueing, section 3.3");
}

}  // namespace mlsysim
