"""Plans: one option per layer of a network, the best under budgets, with a proof, and all of them.

Costs are exact integers, so the best plan can be proved: a lower bound comes with every plan, and
where it equals the plan's value there is no better one.
"""
