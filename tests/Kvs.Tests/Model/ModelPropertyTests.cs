using FsCheck;
using FsCheck.Fluent;
using Kvs.Testing;
using Xunit.Abstractions;

namespace Kvs.Tests;

/// <summary>The promises of <see cref="ModelTests"/>, one step after the other: of a sequence that breaks one, what
/// remains is the shortest part that still does.</summary>
public sealed class ModelPropertyTests(ITestOutputHelper output)
{
    private const int LongestSequence = 150;

    [Fact]
    public void After_any_sequence_of_operations_and_ends_a_store_holds_what_its_oracle_does() => PropertyCheck.For(
        Prop.ForAll(Levels(), Sequences(), Take), TimeSpan.FromSeconds(8), LongestSequence, output.WriteLine);

    private static void Take(Durability durability, ModelStep[] steps)
    {
        using var session = new ModelSession(durability);
        foreach (ModelStep step in steps)
        {
            session.Take(step);
        }

        session.Check();
    }

    private static Arbitrary<Durability> Levels() => Gen.Elements(Enum.GetValues<Durability>()).ToArbitrary();

    private static Arbitrary<ModelStep[]> Sequences()
    {
        // A seed for each operation: what is chosen for one does not depend on those before it.
        Gen<ModelStep> operations = Gen.Choose(0, int.MaxValue).Select(
            ModelStep (seed) => new ModelChooser(ModelSession.Keys, new Random(seed)).Next());
        Gen<ModelStep> ends = Gen.Elements(Enum.GetValues<StoreEnd>()).SelectMany(
            how => Gen.Choose(0, int.MaxValue), ModelStep (how, seed) => new ModelEnd(how, seed));
        Gen<ModelStep> steps = Gen.Frequency(
            (30, operations), (1, Gen.Constant<ModelStep>(new CompactOperation())), (1, ends));
        return Arb.Array(Arb.From(steps, step => step.Smaller()));
    }
}
