#pragma once
// The iron laws: time as a product or a sum of what a program asks and what a machine gives. Three of them bear the name.
#include "mlsysim/laws/roofline.hpp"

namespace mlsysim {

/// Share of its peak that a device reaches.
///
///     eta = R / P
///
/// R  achieved   operations done in a time, over that time   [flop/s]
/// P  peak       rate of the data sheet, > 0                 [flop/s]
///
/// Valid:   0 to 1; above 1 the operations were counted wrongly or the peak is that of another format.
/// Source:  chowdhery2022palm, appendix B
/// Example: achieved=494.5Tflop/s peak=989Tflop/s
template <class T>
constexpr T efficiency(WorkRate<T> achieved, WorkRate<T> peak) {
  return cite(achieved / peak, "chowdhery2022palm, appendix B");
}

/// Time of a processor, and the pattern of all iron laws: how much, how many steps for each, how long a step.
///
///     t = I CPI / f
///
/// I    instructions              that a program executes                     [1]
/// CPI  cycles_per_instruction    mean over the program                       [1]
/// f    clock                     cycles in a time, > 0                       [1/s]
///
/// Valid:   one processor; the mean is the program's own.
/// Source:  hennessy2017architecture, section 1.9
/// Example: instructions=1e9 cycles_per_instruction=1.5 clock=3e9
template <class T>
constexpr Time<T> processor_time(T instructions, T cycles_per_instruction, Frequency<T> clock) {
  return cite(instructions * cycles_per_instruction / clock, "hennessy2017architecture, section 1.9");
}

/// The same for an accelerator: operations for instructions, 1 / eta for the cycles of each, 1 / peak for the cycle.
///
///     t = W (1 / P) (1 / eta)
///
/// W    work         operations that the program executes   [flop]
/// P    peak         rate of the data sheet, > 0            [flop/s]
/// eta  efficiency   share of the peak that is reached, > 0 [1]
///
/// Valid:   compute-bound; what memory and overhead take is in eta.
/// Source:  chowdhery2022palm, appendix B
/// Example: work=16.06Tflop peak=989Tflop/s efficiency=0.5
template <class T>
constexpr Time<T> compute_time(Work<T> work, WorkRate<T> peak, T efficiency) {
  return cite(work / (peak * efficiency), "chowdhery2022palm, appendix B");
}

/// Time to move bytes at a rate.
///
///     t = Q / B
///
/// Q  traffic     bytes that move       [byte]
/// B  bandwidth   of the path, > 0      [byte/s]
///
/// Valid:   large transfers; point_to_point_time adds the latency.
/// Source:  williams2009roofline, section 3
/// Example: traffic=16.06GB bandwidth=3.35TB/s
template <class T>
constexpr Time<T> memory_time(Data<T> traffic, Bandwidth<T> bandwidth) {
  return cite(traffic / bandwidth, "williams2009roofline, section 3");
}

/// Iron law, nothing overlaps: data movement, compute and overhead one after the other.
///
///     t = D / B + W / (P eta) + L
///
/// W    work         operations                              [flop]
/// D    traffic      bytes moved                             [byte]
/// P    peak         rate of the data sheet, > 0             [flop/s]
/// B    bandwidth    of the memory, > 0                      [byte/s]
/// eta  efficiency   share of the peak that is reached, > 0  [1]
/// L    overhead     launches, dispatch, network             [s]
///
/// Valid:   an upper bound: at most twice iron_law_overlapped.
/// Source:  reddi2024mlsysbook, iron law of ML systems
/// Example: work=16.06Tflop traffic=16.06GB peak=989Tflop/s bandwidth=3.35TB/s efficiency=0.5 overhead=15us
template <class T>
constexpr Time<T> iron_law_serial(Work<T> work, Data<T> traffic, WorkRate<T> peak, Bandwidth<T> bandwidth, T efficiency,
                                  Time<T> overhead) {
  return cite(memory_time(traffic, bandwidth) + compute_time(work, peak, efficiency) + overhead,
              "reddi2024mlsysbook, iron law of ML systems");
}

/// Iron law, compute and data movement overlap: the roofline, and the overhead that nothing hides.
///
///     t = max(W / (P eta), D / B) + L
///
/// W    work         operations                              [flop]
/// D    traffic      bytes moved                             [byte]
/// P    peak         rate of the data sheet, > 0             [flop/s]
/// B    bandwidth    of the memory, > 0                      [byte/s]
/// eta  efficiency   share of the peak that is reached, > 0  [1]
/// L    overhead     launches, dispatch, network             [s]
///
/// Valid:   a lower bound of what iron_law_serial gives, at least half of it.
/// Source:  williams2009roofline, eq. 1
/// Example: work=16.06Tflop traffic=16.06GB peak=989Tflop/s bandwidth=3.35TB/s efficiency=0.5 overhead=15us
template <class T>
constexpr Time<T> iron_law_overlapped(Work<T> work, Data<T> traffic, WorkRate<T> peak, Bandwidth<T> bandwidth,
                                      T efficiency, Time<T> overhead) {
  return cite(roofline_time(work, traffic, peak * efficiency, bandwidth) + overhead, "williams2009roofline, eq. 1");
}

/// Useful rate of a training fleet.
///
///     R = N P MFU s g
///
/// N    devices               that train together                                      [1]
/// P    peak                  rate of one                                              [flop/s]
/// MFU  mfu                   share of the peak that one reaches alone, 0 to 1         [1]
/// s    scaling_efficiency    share that is left when N work together, 0 to 1          [1]
/// g    goodput               share of the time that ends as saved work, 0 to 1        [1]
///
/// Valid:   the three shares measured on the same job; typically 0.30 to 0.55, 0.70 to 0.95, 0.85 to 0.98.
/// Source:  chowdhery2022palm, appendix B; reddi2024mlsysbook for the decomposition
/// Example: devices=1024 peak=989Tflop/s mfu=0.4 scaling_efficiency=0.9 goodput=0.95
template <class T>
constexpr WorkRate<T> effective_rate(T devices, WorkRate<T> peak, T mfu, T scaling_efficiency, T goodput) {
  return cite(devices * peak * mfu * scaling_efficiency * goodput, "chowdhery2022palm, appendix B");
}

/// Iron law of training: work over what the fleet usefully does.
///
///     t = W / (N P MFU s g)
///
/// W    work                  of the whole training                                    [flop]
/// N    devices               that train together, > 0                                 [1]
/// P    peak                  rate of one, > 0                                         [flop/s]
/// MFU  mfu                   share of the peak that one reaches alone, > 0            [1]
/// s    scaling_efficiency    share that is left when N work together, > 0             [1]
/// g    goodput               share of the time that ends as saved work, > 0           [1]
///
/// Valid:   the three shares measured on the same job; typically 0.30 to 0.55, 0.70 to 0.95, 0.85 to 0.98.
/// Source:  chowdhery2022palm, appendix B; reddi2024mlsysbook for the decomposition
/// Example: work=1.2e20flop devices=1 peak=312Tflop/s mfu=0.4 scaling_efficiency=1 goodput=1
template <class T>
constexpr Time<T> iron_law_training(Work<T> work, T devices, WorkRate<T> peak, T mfu, T scaling_efficiency, T goodput) {
  return cite(work / effective_rate(devices, peak, mfu, scaling_efficiency, goodput), "chowdhery2022palm, appendix B");
}

/// Time to train a model on a number of tokens.
///
///     t = 6 P D / (N X U)
///
/// P  parameters    of the model                                  [1]
/// D  tokens        trained on                                    [token]
/// N  devices       that train together, > 0                      [1]
/// X  peak          rate of one, > 0                              [flop/s]
/// U  utilisation   share of the peak that the fleet reaches, > 0 [1]
///
/// Valid:   dense transformers; attention over the context left out, no failures.
/// Source:  kaplan2020scaling, section 2.1; narayanan2021megatron, section 5.1
/// Example: parameters=1e9 tokens=20e9token devices=1 peak=312Tflop/s utilisation=0.4
template <class T>
constexpr Time<T> training_time(T parameters, Tokens<T> tokens, T devices, WorkRate<T> peak, T utilisation) {
  const Work<T> work{named(T(6.0), "flop for a parameter and a token") * parameters * tokens.base};
  return cite(work / (devices * peak * utilisation), "kaplan2020scaling, section 2.1");
}

}  // namespace mlsysim
