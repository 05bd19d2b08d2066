"""What two usual classifiers of scikit-learn reach on the split that preset digits learns; needs scikit-learn."""

from __future__ import annotations

from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from golden.data.datasets import load

HIDDEN = 64
SEEDS = 1, 2, 3
ENOUGH = 1000  # iterations; by default logistic regression stops before it has converged


def measure_classifiers() -> dict[str, list[float]]:
    """Test accuracies of logistic regression, which draws nothing, and of a perceptron with each of the seeds.

    Both see the 4-bit levels of ``digits``, with scikit-learn's default settings but for the iterations.
    """
    data = load("digits")
    models = {
        "logistic regression": [LogisticRegression(max_iter=ENOUGH)],
        f"perceptron of {HIDDEN}": [MLPClassifier((HIDDEN,), max_iter=ENOUGH, random_state=seed) for seed in SEEDS],
    }
    return {
        name: [
            float(one.fit(data.train_samples, data.train_labels).score(data.test_samples, data.test_labels))
            for one in attempts
        ]
        for name, attempts in models.items()
    }
