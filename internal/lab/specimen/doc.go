// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package specimen makes labelled sessions for trying a classification.
//
// A label is true by the way in which its session is made. Most controllers are scripted:
// they impose a swing of known period, depth and irregularity, or none, over a path of
// which it is certain that it has a queue before each fall, loss before each fall, or
// neither. What does not follow from that is labelled [Unclear] and left out of counts.
//
// Sessions of the real presets are labelled after the run by what the simulation alone
// knows, the true capacity and the true queue, without any code of the classifier:
//
//   - After 15 s, the estimate, as a share of the capacity, falls where it drops by a
//     share of its peak and then makes half of that good, or grows by a fifth. Falls
//     within 1.5 s count once.
//   - It oscillates with at least 4 falls of 18 % or more and 2.5 of them a minute; it
//     does not with at most one fall of 10 % or more a minute; between, it is unclear.
//     Where the capacity varies by more than 2 %, it does so at random, and the estimate
//     does not oscillate whatever it does.
//   - Its cause is congestion where three in four of these falls have 45 ms of true queue
//     within a second, overuse where three in four have at most 20 ms and the path is not
//     lossy, else unclear, as it is where feedback fails.
//   - The target of the rate controller is judged likewise, but is unclear where it falls
//     often and the capacity varies: rate controllers swing by themselves after a drop.
//   - A ladder's maximum caps the session where the estimate is at least 1.8 times the
//     target for 70 % of the time, and does not where it is at most 1.25 times for as long.
package specimen
