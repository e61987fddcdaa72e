package enum FailpointName: String, Sendable, CaseIterable { case beforePlan, afterPlan, beforeFile, afterFile, beforeRevise, beforeProgress, afterProgress, afterCommit, beforeSeal, afterSeal }
package struct Failpoints: Sendable { package init() {} ; package func hit(_ n: FailpointName) {} }
