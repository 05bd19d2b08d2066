"""The whole project behind one object with scikit-learn's conventions."""
