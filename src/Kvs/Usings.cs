// The parts without locks take a schedule, so that tests can decide which thread goes on at each shared access. The
// store uses all of them with the one that decides nothing, and costs nothing, under their plain names.
global using DurableEpoch = Kvs.Commits.DurableEpoch<Kvs.Concurrency.Unscheduled>;
global using EpochGate = Kvs.Epochs.EpochGate<Kvs.Concurrency.Unscheduled>;
global using Partition = Kvs.Index.Partition<Kvs.Concurrency.Unscheduled>;
global using Reclaimer = Kvs.Epochs.Reclaimer<Kvs.Concurrency.Unscheduled>;
